#!/usr/bin/env bash
# Installs what is missing, builds, and shows a letter's whole journey between two servers; then leaves the first one running.
set -euo pipefail
usage() {
  cat <<'END'
usage: ./run.sh [--demo] [--data DIR] [--port-offset N] [--installed]

Installs what is missing, builds (release), starts two mail servers on this machine (one.test and two.test, each on
one SQLite file below ./data), sends a letter from the first, which signs it, to the second, which
verifies the signature (with the key from a small DNS server on loopback), fetches it there by POP3 and files it by IMAP. The first server then
stays in the foreground until Ctrl+C. A second run keeps the data.
  --demo            stop both servers at the end, with status 0
  --data DIR        where the two servers keep their data (default: ./data)
  --port-offset N   add N to every port, when one of them is taken
  --installed       the posthouse on the PATH, instead of building one
END
}
. "$(dirname "$0")/scripts/lib.sh"
cd "$root"
demo='' data=data offset=0 posthouse=''
while [ $# -gt 0 ]; do
  case $1 in
    --demo) demo=1 ;;
    --data) shift; data=${1:?--data wants a folder} ;;
    --port-offset) shift; offset=${1:?--port-offset wants a number} ;;
    --installed) posthouse=$(command -v posthouse) || fail "There is no posthouse on the PATH." ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

if [ -z "$posthouse" ]; then
  step "Installing packages" "Check the network and that apt-get works." install_packages library build
  step "Building" "The compiler's first error above says where to look." build_preset release -- posthouse
  posthouse=$root/build/release/bin/posthouse
fi
smtp_one=127.0.0.1:$((2525 + offset)) submission_one=127.0.0.1:$((2587 + offset)) pop3_one=127.0.0.1:$((2110 + offset)) imap_one=127.0.0.1:$((2143 + offset))
smtp_two=127.0.0.1:$((2526 + offset)) pop3_two=127.0.0.1:$((2111 + offset)) imap_two=127.0.0.1:$((2144 + offset))
. "$root/scripts/journey.sh"
