#!/usr/bin/env bash
# Measures Posthouse against Postfix + Dovecot and its echo server against raw epoll, on this machine, in one run.
set -euo pipefail
usage() {
  cat <<'END'
usage: bench/run.sh [--quick] [--only NAME]... [--no-peers] [--work DIR]

Builds the release preset with the benchmarks, installs the peers (Debian packages, their services not started), runs
ours and theirs in turn, several rounds each, and prints one table with medians and goals. The whole run takes about
ten minutes. Every figure of every round goes to build/bench/ as JSON.
  --quick      one round of small loads, to see that everything works
  --only NAME  durable, large, pop3, connect, idle or echo; may be given more than once
  --no-peers   ours alone; then root is not needed
  --work DIR   where the servers keep their mail meanwhile (default /var/tmp); a folder on a disk that others may enter
END
}
. "$(dirname "$0")/../scripts/lib.sh"
cd "$root"
options=() peers=1 mail='' selected=''
while [ $# -gt 0 ]; do
  case $1 in
    --quick) options+=("$1") ;;
    --no-peers) peers=''; options+=("$1") ;;
    --only)
      shift
      case ${1:-} in durable | large | pop3 | connect | idle) mail=1 ;; echo) ;; *) usage >&2; exit 2 ;; esac
      selected=1
      options+=(--only "$1") ;;
    --work) shift; options+=(--work "${1:?--work wants a folder}") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
[ -n "$selected" ] || mail=1
[ -n "$mail" ] || peers=''
[ -z "$peers" ] || [ "$(id -u)" -eq 0 ] || fail "The peers want root (Postfix changes to its own user). Run this as root, or with --no-peers."

install_tools() {
  install_packages build bench
  if [ -n "$peers" ]; then bench/peers/postfix_dovecot.sh install; fi
}
step "Installing packages" "Check the network and that apt-get works." install_tools
step "Building" "The compiler's first error above says where to look." build_preset release -DPOSTHOUSE_BENCH=ON -- posthouse mailload tcp_echo tcp_raw_epoll tcp_client
exec python3 bench/runner/main.py --binaries build/release/bin --results build/bench "${options[@]}"
