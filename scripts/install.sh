#!/usr/bin/env bash
# Installs the Debian packages of the kinds given that are missing; scripts/packages.txt lists them and says what a kind is.
set -euo pipefail
[ $# -gt 0 ] && [[ $1 != -* ]] || { echo "usage: scripts/install.sh KIND…, for example: library build test" >&2; exit 2; }
. "$(dirname "$0")/lib.sh"
install_packages "$@"
