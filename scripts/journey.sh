# The journey MUA -> MTA -> MTA -> MDA <- MUA, hop by hop; sourced by run.sh.
umask 077
mkdir -p "$data/one" "$data/two"
pids=()
stop_servers() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}
trap stop_servers EXIT

ms() { echo $((${EPOCHREALTIME//[.,]/} / 1000)); }
hop() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
took() { printf '%s   (%d ms)%s\n' "$dim" $(($(ms) - $1)) "$plain"; }

# make_account DATA ADDRESS: the domain and the account, with a password of its own kept in DATA/USER.password
make_account() {
  local dir=$1 address=$2 password_file
  password_file=$dir/${address%@*}.password
  [ ! -s "$password_file" ] || return 0
  head -c 12 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '\n' >"$password_file.new"
  "$posthouse" domain add --data "$dir" "${address#*@}"
  "$posthouse" account add --data "$dir" "$address" --password-stdin <"$password_file.new"
  mv "$password_file.new" "$password_file"
}

# start_server NAME OPTION…: runs it in the background with its log in data/NAME/server.log, until it says "ready"
start_server() {
  local name=$1 ready
  shift
  rm -f "$data/$name/ready"
  mkfifo "$data/$name/ready"
  "$posthouse" serve --config "$data/$name/posthouse.toml" --data "$data/$name" --hostname "mail.$name.test" "$@" >"$data/$name/ready" 2>>"$data/$name/server.log" &
  pids+=($!)
  [ "$name" != one ] || first=$!
  if ! read -r -t 30 ready <"$data/$name/ready"; then
    tail -n 5 "$data/$name/server.log" >&2
    fail "The server for $name.test did not start; its log ($data/$name/server.log) says why. Is a port taken? Try --port-offset 1000."
  fi
  rm -f "$data/$name/ready"
  printf '   %s.test: %s\n' "$name" "$ready"
}

# last_line NAME WORD: the last line of a log with this word. The log is written behind the work: it may take a moment.
last_line() {
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    if grep -F "$2" "$data/$1/server.log" | tail -n 1 | sed "s/.*/   $dim&$plain/" | grep .; then return 0; fi
    sleep 0.05
  done
}

# start_dns: a DNS server on loopback that publishes one.test's key and policy; false where there is no Python for it.
start_dns() {
  local key=$data/one/dkim.pem ready
  command -v python3 >/dev/null || return 1
  hop "A small DNS server, which publishes the key that one.test signs with"
  [ -s "$key" ] || "$posthouse" dkim generate one.test demo "$key" >/dev/null
  {
    printf 'demo._domainkey.one.test TXT %s\n' "$("$posthouse" dkim show one.test demo "$key" --json | sed 's/.*"text":"\([^"]*\)".*/\1/')"
    printf '_dmarc.one.test TXT v=DMARC1; p=reject\n'
    printf 'one.test TXT v=spf1 ip4:127.0.0.1 -all\n'
  } >"$data/zone"
  rm -f "$data/dns.ready"
  mkfifo "$data/dns.ready"
  python3 "$root/tests/support/name_server.py" 0 "$data/zone" >"$data/dns.ready" 2>>"$data/dns.log" &
  pids+=($!)
  read -r -t 30 ready dns <"$data/dns.ready" || fail "The DNS server did not start; see $data/dns.log."
  rm -f "$data/dns.ready"
  printf '   DNS of one.test: %s\n' "$dns"
}

signed=''
: >"$data/one/posthouse.toml"
: >"$data/two/posthouse.toml"
if start_dns; then
  signed=1
  printf '[[dkim]]\ndomain = "one.test"\nselector = "demo"\nkey = "%s"\n' "$data/one/dkim.pem" >"$data/one/posthouse.toml"
  # The second server takes this machine for a stranger, as it would the first one's.
  printf 'resolver = "%s"\n[authentication]\ntrusted = []\ndmarc = "reject"\n' "$dns" >"$data/two/posthouse.toml"
fi

hop "Two servers, one SQLite file each"
started=$(ms)
make_account "$data/one" ann@one.test
make_account "$data/two" hong@two.test
start_server one --listen "smtp=$smtp_one" --listen "submission=$submission_one" --listen "pop3=$pop3_one" \
  --listen "imap=$imap_one" --route "two.test=$smtp_two"
start_server two --listen "smtp=$smtp_two" --listen "pop3=$pop3_two" --listen "imap=$imap_two" --route "one.test=$smtp_one"
took "$started"

hop "1. MUA -> MTA: ann@one.test hands her letter in (submission with STARTTLS and log-in, $submission_one)"
started=$(ms)
"$posthouse" send --server "$submission_one" --tls starttls --ca "$data/one/tls/cert.pem" \
  --user ann@one.test --password-file "$data/one/ann.password" \
  --from '张三 <ann@one.test>' --to '李小红 <hong@two.test>' --subject '来自驿站的第一封信 · The first letter' \
  --text examples/letter/letter.txt --html examples/letter/letter.html \
  --inline examples/letter/stamp.png=stamp@one.test --attach examples/letter/postcard.png
took "$started"

hop "2. MTA -> MTA: mail.one.test relays it to mail.two.test ($smtp_two)"
started=$(ms)
"$posthouse" queue wait --data "$data/one" --timeout 20s || fail "The relay did not succeed; see $data/one/server.log."
say "   mail.two.test has taken it. What mail.one.test logged:"
last_line one relayed
took "$started"

hop "3. MTA -> MDA: mail.two.test has it in hong's mailbox, on stable storage"
if [ -n "$signed" ]; then
  say "   First mail.two.test made sure who wrote it: it asked the DNS for one.test's key, and the signature fits. What it logged:"
  last_line two dkim=pass
fi
say "   It was written before mail.two.test said 250. What it logged:"
last_line two accepted

hop "4. MDA <- MUA: hong@two.test fetches it (POP3 with STLS, $pop3_two)"
started=$(ms)
"$posthouse" receive --server "$pop3_two" --protocol pop3 --tls starttls --ca "$data/two/tls/cert.pem" \
  --user hong@two.test --password-file "$data/two/hong.password" --newest
took "$started"
letter=$("$posthouse" receive --server "$pop3_two" --tls starttls --ca "$data/two/tls/cert.pem" \
  --user hong@two.test --password-file "$data/two/hong.password" --newest --save "$data/two/letters")
"$posthouse" show "$letter" --html-preview "$data/letter.html"
if [ -n "$signed" ]; then
  say "   In front of it mail.two.test has put what it found out:"
  sed -n -e '/^Authentication-Results:/,/^[^[:blank:]]/{/^Authentication-Results:/p;/^[[:blank:]]/p}' "$letter" | tr -d '\r' | sed 's/^/   /'
fi
say "   As a page, with its pictures: $data/letter.html"

hop "5. MDA <- MUA: by IMAP (STARTTLS, $imap_two) her mail stays on the server: hong finds the letter and files it"
started=$(ms)
by_imap() {
  "$posthouse" receive --server "$imap_two" --protocol imap --tls starttls --ca "$data/two/tls/cert.pem" \
    --user hong@two.test --password-file "$data/two/hong.password" "$@"
}
by_imap --search subject:来自驿站 --summary --move Archive
by_imap --list
took "$started"

if [ -n "$demo" ]; then
  stop_servers
  for name in one two; do printf "%s.test: " "$name"; "$posthouse" check --data "$data/$name"; done
  printf '\n%sThe letter has arrived.%s Run ./run.sh without --demo to keep a server running.\n' "$green" "$plain"
  exit 0
fi

cat <<END

${green}The letter has arrived.${plain} The server for one.test goes on; Ctrl+C ends it. (Log: $data/one/server.log)
   SMTP $smtp_one   submission $submission_one   POP3 $pop3_one   IMAP $imap_one
   accounts: ann@one.test (password in $data/one/ann.password); on two.test: hong@two.test ($data/two/hong.password)
   Thunderbird: an account ann@one.test, set up by hand: IMAP ${imap_one%:*} port ${imap_one#*:} STARTTLS, outgoing
      ${submission_one%:*} port ${submission_one#*:} STARTTLS, user name ann@one.test; it asks to trust $data/one/tls/cert.pem
   Try:  $posthouse send --server $smtp_one --tls none --from me@example.test --to ann@one.test --subject Hello --text README.md
   then: $posthouse receive --server $pop3_one --tls starttls --ca $data/one/tls/cert.pem --user ann@one.test --password-file $data/one/ann.password
END
trap 'exit 0' INT TERM
wait "$first"
