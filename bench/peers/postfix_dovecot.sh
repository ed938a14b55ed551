#!/usr/bin/env bash
# Postfix (SMTP) with Dovecot (LMTP delivery to Maildir, POP3) in a private folder on unprivileged loopback ports.
set -euo pipefail
usage() {
  cat <<'END'
usage: postfix_dovecot.sh install | start DIR | stop DIR | pids DIR | empty DIR | version
  install  the Debian packages, without starting their services
  start    configures both in DIR (made when missing) and starts them; the environment says
           SMTP_PORT POP3_PORT IMAP_PORT LMTP_PORT, and may say DOMAIN (bench.test), PASSWORD (benchpass), USERS (1000: u1 ... u1000),
           PASSWORDS (a passwd-file of Dovecot's instead of PASSWORD), NEXT_HOP_PORT (of 127.0.0.1, for mail for elsewhere)
  stop     ends both by their pid files; DIR stays
  empty    removes DIR's mail and queue (stopped before)
  pids     the two master processes, separated by a comma
Wants root: Postfix changes to its own user. DIR must be reachable by others (not below a 0700 folder).
END
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DOMAIN=${DOMAIN:-bench.test} PASSWORD=${PASSWORD:-benchpass} USERS=${USERS:-1000} PASSWORDS=${PASSWORDS:-}
NEXT_HOP_PORT=${NEXT_HOP_PORT:-}

# Debian starts a daemon when its package is installed; a policy that forbids it stands for as long as that takes.
install_peers() {
  . "$here/../../scripts/lib.sh"
  local policy=/usr/sbin/policy-rc.d made='' status=0 unit missing=''
  command -v postfix >/dev/null && command -v dovecot >/dev/null || missing=1
  if [ -n "$missing" ] && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=1
  fi
  install_packages peer || status=$?
  [ -z "$made" ] || rm -f "$policy"
  # Nor shall they start at the next boot, now that this program has brought them.
  if [ -n "$missing" ] && [ -d /run/systemd/system ]; then
    for unit in postfix dovecot; do systemctl disable --quiet "$unit" || true; done
  fi
  return $status
}

fill_in() {
  sed -e "s|@DIR@|$dir|g" -e "s|@DOMAIN@|$DOMAIN|g" -e "s|@SMTP_PORT@|$SMTP_PORT|g" -e "s|@POP3_PORT@|$POP3_PORT|g" \
    -e "s|@IMAP_PORT@|$IMAP_PORT|g" -e "s|@LMTP_PORT@|$LMTP_PORT|g" "$1"
}

configure() {
  local i
  mkdir -p "$dir"/{etc,spool,data,log,run,state,mail}
  chmod 755 "$dir" "$dir"/{etc,spool,run,state}
  chmod 777 "$dir/log"
  chown postfix: "$dir/data"
  chown nobody:nogroup "$dir/mail"
  fill_in "$here/postfix/main.cf.in" >"$dir/etc/main.cf"
  [ -z "$NEXT_HOP_PORT" ] || echo "relayhost = [127.0.0.1]:$NEXT_HOP_PORT" >>"$dir/etc/main.cf"
  fill_in "$here/postfix/master.cf.in" >"$dir/etc/master.cf"
  fill_in "$here/dovecot/dovecot.conf.in" >"$dir/etc/dovecot.conf"
  for ((i = 1; i <= USERS; i++)); do echo "u$i@$DOMAIN x"; done >"$dir/etc/users"
  for ((i = 1; i <= USERS; i++)); do echo "u$i@$DOMAIN:{PLAIN}$PASSWORD::::::"; done >"$dir/etc/passwords"
  [ -z "$PASSWORDS" ] || cp "$PASSWORDS" "$dir/etc/passwords"
  postmap -c "$dir/etc" "hash:$dir/etc/users"
}

wait_for_port() {
  local i
  for ((i = 0; i < 150; i++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.1
  done
  echo "port $1 did not open; see $dir/log" >&2
  return 1
}

start() {
  : "${SMTP_PORT:?}" "${POP3_PORT:?}" "${IMAP_PORT:?}" "${LMTP_PORT:?}"
  umask 022
  configure
  ulimit -n 20000 2>/dev/null || true
  dovecot -c "$dir/etc/dovecot.conf"
  postfix -c "$dir/etc" start >>"$dir/log/start.log" 2>&1
  wait_for_port "$POP3_PORT"
  wait_for_port "$IMAP_PORT"
  wait_for_port "$LMTP_PORT"
  wait_for_port "$SMTP_PORT"
}

pid_in() { [ ! -s "$1" ] || tr -dc 0-9 <"$1"; }
pids() { echo "$(pid_in "$dir/spool/pid/master.pid"),$(pid_in "$dir/run/master.pid")"; }

# TERM, and KILL where that did not help within ten seconds.
stop_process() {
  local pid=$1 i
  [ -n "$pid" ] && kill "$pid" 2>/dev/null || return 0
  for ((i = 0; i < 100; i++)); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
}

stop() {
  [ ! -s "$dir/spool/pid/master.pid" ] || postfix -c "$dir/etc" stop >>"$dir/log/start.log" 2>&1 || true
  stop_process "$(pid_in "$dir/run/master.pid")"
}

command=${1:-}
dir=${2:-}
case $command in
  install) install_peers ;;
  start | stop | pids) [ -n "$dir" ] || { usage >&2; exit 2; }; "$command" ;;
  empty) rm -rf "${dir:?}"/{mail,spool,data} ;;
  version) echo "Postfix $(postconf -d -h mail_version) + Dovecot $(dovecot --version | cut -d' ' -f1)" ;;
  -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
