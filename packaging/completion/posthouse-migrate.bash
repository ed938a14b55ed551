# bash completion for posthouse-migrate. It asks the binary's own --help, so it cannot lag behind it.
_posthouse_migrate() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=() word help
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) break ;; *) words+=("$word") ;; esac
  done
  case $previous in
    --dir) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --database) compopt -o nospace 2>/dev/null; mapfile -t COMPREPLY < <(compgen -W 'mysql:// sqlite:///' -- "$current"); return ;;
    --table) COMPREPLY=(); return ;;
  esac
  while ! help=$("${COMP_WORDS[0]}" "${words[@]}" --help 2>/dev/null) && [ ${#words[@]} -gt 0 ]; do unset 'words[-1]'; done
  if [[ $current == -* ]]; then
    # The options of the program hold behind a command, too.
    help+=$("${COMP_WORDS[0]}" --help 2>/dev/null)
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -- '--[a-z][a-z0-9-]+' <<<"$help" | sort -u)" -- "$current")
  elif grep -q '^Subcommands:' <<<"$help"; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' <<<"$help")" -- "$current")
  fi
}
complete -F _posthouse_migrate posthouse-migrate
