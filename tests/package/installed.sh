#!/usr/bin/env bash
# In a bare Debian, as root: installs the packages of the folder given, sends a letter with the installed binary, and
# builds a program against the installed libraries, by pkg-config and by CMake.
set -euo pipefail
packages=$1 source=$(cd "$(dirname "$0")/../.." && pwd)
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }

apt-get update -qq
install "$packages"/posthouse_*.deb
posthouse --version
posthouse-migrate --version
"$source/run.sh" --demo --installed

install "$packages"/libposthouse-dev_*.deb g++ cmake ninja-build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2046 # words are wanted
c++ -std=c++20 "$source/tests/package/outsider.cc" -o "$work/outsider" \
  $(pkg-config --cflags --libs posthouse-smtp posthouse-pop3 posthouse-mime posthouse-orm)
"$work/outsider"
cmake -S "$source/tests/package" -B "$work/build" -G Ninja
cmake --build "$work/build"
"$work/build/outsider"
