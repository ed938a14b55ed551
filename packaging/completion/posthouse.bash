# bash completion for posthouse. It asks the binary's own --help, so it cannot lag behind it.
_posthouse() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=() word help
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) break ;; *) words+=("$word") ;; esac
  done
  case $previous in
    --data | --save | --global) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --type) mapfile -t COMPREPLY < <(compgen -W 'rsa ed25519' -- "$current"); return ;;
    --post) mapfile -t COMPREPLY < <(compgen -W 'anyone members owner' -- "$current"); return ;;
    --rights) mapfile -t COMPREPLY < <(compgen -W 'all send read' -- "$current"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'maildir mbox' -- "$current"); return ;;
    --config | --ca | --tls-cert | --tls-key | --password-file | --from-password-file | --to-password-file | --text | --html | --raw | --html-preview | --attach | --inline | --log)
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --database) compopt -o nospace 2>/dev/null; mapfile -t COMPREPLY < <(compgen -W 'mysql://' -- "$current"); return ;;
    --tls) mapfile -t COMPREPLY < <(compgen -W 'none starttls implicit' -- "$current"); return ;;
    --state) mapfile -t COMPREPLY < <(compgen -W 'waiting held sending failing' -- "$current"); return ;;
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$current"); return ;;
    --notify) mapfile -t COMPREPLY < <(compgen -W 'never success failure delay success,failure,delay' -- "$current"); return ;;
    --ret) mapfile -t COMPREPLY < <(compgen -W 'full headers' -- "$current"); return ;;
    --protocol) mapfile -t COMPREPLY < <(compgen -W 'pop3 imap' -- "$current"); return ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'trace debug info warn error off' -- "$current"); return ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W 'auto text json journald' -- "$current"); return ;;
    --listen)
      help=$("${COMP_WORDS[0]}" serve --help 2>/dev/null | sed -n 's/.*KIND: \([^.]*\)\..*/\1/p')
      mapfile -t COMPREPLY < <(compgen -S= -W "${help//,/ }" -- "$current"); return ;;
  esac
  # What is no command (an address, a file) does not change which help is asked for.
  while ! help=$("${COMP_WORDS[0]}" "${words[@]}" --help 2>/dev/null) && [ ${#words[@]} -gt 0 ]; do unset 'words[-1]'; done
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -- '--[a-z][a-z0-9-]+' <<<"$help" | sort -u)" -- "$current")
  elif grep -q '^Subcommands:' <<<"$help"; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' <<<"$help")" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _posthouse posthouse
