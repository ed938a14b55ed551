#!/usr/bin/env bash
# Measures this project's programs against their peers, on this machine, in one run, and prints one table.
set -euo pipefail
usage() {
  cat <<'USAGE'
usage: bench/run.sh [TABLE] [--quick] [--rounds N] [--only NAME]... [--no-peers] [--work DIR] [--growth-messages N]

Builds the release preset with the benchmarks, installs or builds the peers, runs ours and theirs in turn, several
rounds each, and prints one table with medians and goals. Every figure of every round goes to build/bench/ as JSON.
  TABLE        house (the server against Postfix and Dovecot; the default),
               mailauth (DKIM against the bare operations of OpenSSL),
               mime (messages read and built against other libraries),
               net (sockets against raw system calls and other libraries) or
               sql (databases against the C APIs and other libraries)
  --quick      one round of small loads, to see that everything works
  --rounds N   at most so many rounds of each measure, for less time and rougher medians
  --only NAME  one measure of the table (bench/README.md names them); may be given more than once
  --no-peers   ours alone (and what stands beside it in bench/); then house does not need root
  --work DIR   where the servers keep their mail meanwhile (default /var/tmp); a folder on a disk that others may enter
  --growth-messages N  how many messages `growth` of house delivers (default 1000000); a hundredth with --quick
The peers of the libraries are built from ../shared/bench/libs; what is not there or does not build is skipped, and the
report says so.
USAGE
}
. "$(dirname "$0")/../scripts/lib.sh"
cd "$root"
table=house options=() peers=1
while [ $# -gt 0 ]; do
  case $1 in
    house | mailauth | mime | net | sql) table=$1 ;;
    --quick) options+=("$1") ;;
    --no-peers) peers=''; options+=("$1") ;;
    --rounds) shift; options+=(--rounds "${1:?--rounds wants a number}") ;;
    --only) shift; options+=(--only "${1:?--only wants a name}") ;;
    --growth-messages) shift; options+=(--growth-messages "${1:?--growth-messages wants a number}") ;;
    --work) shift; options+=(--work "${1:?--work wants a folder}") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
if [ $table = house ] && [ -n "$peers" ] && [ "$(id -u)" -ne 0 ]; then
  fail "The peers want root (Postfix changes to its own user). Run this as root, or with --no-peers."
fi

install_tools() {
  install_packages library build bench
  if [ $table = house ]; then
    if [ -n "$peers" ]; then bench/peers/postfix_dovecot.sh install; fi
  elif [ -n "$peers" ] && [ $table != mailauth ]; then
    # Without them the peers that need them are skipped.
    install_packages "peer-$table" || say "Some peers cannot be installed."
  fi
}

# The programs of other libraries, as far as they are there and build. Their makefile's targets by table:
peer_targets() {
  case $table in
    mime) echo mime build codec ;;
    net) echo tcp udp ;;
    sql) echo sql orm ;;
  esac
}
libs=../shared/bench/libs
build_peers() {
  local target
  for target in $(peer_targets); do
    make -k -C "$libs" B="$root/build/bench/peers" "$target" || say "Some peers of $target do not build here."
  done
}
step "Installing packages" "Check the network and that apt-get works." install_tools
step "Building" "The compiler's first error above says where to look." build_preset release -DPOSTHOUSE_BENCH=ON -- "bench_$table"
if [ -n "$peers" ] && [ -n "$(peer_targets)" ] && [ -f "$libs/Makefile" ]; then
  step "Building the peers" "See above." build_peers
fi
exec python3 bench/runner/main.py "$table" --binaries build/release/bin --results build/bench "${options[@]}"
