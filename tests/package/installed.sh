#!/usr/bin/env bash
# In a bare Debian, as root: installs the packages of the folder given, sets up the installed house, sends a letter with the
# installed binary, and builds a program against the installed libraries, by pkg-config and by CMake.
set -euo pipefail
packages=$1 source=$(cd "$(dirname "$0")/../.." && pwd)
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }

apt-get update -qq
install "$packages"/posthouse_*.deb
posthouse --version
posthouse-migrate --version
for file in posthouse/posthouse.toml fail2ban/filter.d/posthouse.conf logrotate.d/posthouse; do
  dpkg-query --showformat '${Conffiles}' --show posthouse | grep -q "^ /etc/$file "
done
dpkg-query --showformat '${Recommends}\n' --show posthouse | grep dns-root-data
# Whoever sets up the house from anywhere sets up the one that the unit serves.
(cd /tmp && posthouse domain add installed.test)
[ -e /var/lib/posthouse/posthouse.db ] && [ ! -e /tmp/data ]
"$source/run.sh" --demo --installed

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What reads messages needs no database, nor Boost's headers.
install "$packages"/libposthouse-mime-dev_*.deb g++ cmake ninja-build
cmake -S "$source/tests/package/components" -B "$work/components" -G Ninja -DWANTED=mime
[ -z "$(dpkg-query --showformat '${Package}\n' --show | grep -E '^(libboost.*-dev|libmariadb-dev|libunbound-dev)$')" ]
install "$packages"/libposthouse*.deb
for package in posthouse libposthouse-mime-dev libposthouse-net-dev libposthouse-sql-dev libposthouse-dev; do
  [ -s "/usr/share/doc/$package/copyright" ]
done
# shellcheck disable=SC2046 # words are wanted
c++ -std=c++20 "$source/tests/package/outsider.cc" -o "$work/outsider" \
  $(pkg-config --cflags --libs posthouse-smtp posthouse-pop3 posthouse-mime posthouse-orm)
"$work/outsider"
cmake -S "$source/tests/package" -B "$work/build" -G Ninja
cmake --build "$work/build"
"$work/build/outsider"
