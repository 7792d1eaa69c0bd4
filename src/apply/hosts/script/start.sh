# usage: LENGTH MODE …: LENGTH of this script where it came in on standard input, 0 where it is a file. The last of the
# files: it runs what the others define.

# plan|apply LENGTH SHA-256 TOKEN PATIENCE: the manifest of the bundle follows on standard input.
converge() {
  mode=$1
  token=$4
  patience=$5
  head -c "$2" <&4 >"$work/manifest"
  # Cut short, it would ask for things to be removed.
  printf '%s  %s\n' "$3" "$work/manifest" | quietly_check || { say broken manifest "$(said)" && return; }
  if [ "$mode" = apply ]; then
    mkdir -p "$state/parts" 2>"$work/said" || { say broken disk "$(said)" && return; }
    lock --exclusive "$patience" || { say broken lock && return; }
    # Left by runs that were cut off.
    rm -rf "$state"/incoming.*
    release_services
  elif [ -d "$state" ]; then
    lock --shared "$patience" || { say broken lock && return; }
  fi
  compare || return
  while IFS=$tab read -r index part _ <&6; do
    [ ! -e "$state/parts/$part/unfinished" ] || say state "$index" unfinished
    [ ! -e "$state/rollback/$part/armed" ] || say state "$index" armed
    [ ! -e "$state/parts/$part/rolled-back" ] || say state "$index" rolled-back "$(cat "$state/parts/$part/rolled-back")"
    tell_drift "$index"
    compare_observed "$index" "$part"
  done 6<"$work/parts"
  [ "$mode" = apply ] || return 0
  fetch && converge_parts
  return 0
}

quietly_check() {
  sha256sum --check --quiet --strict >"$work/said" 2>&1
}

converge_parts() {
  while IFS=$tab read -r index part seconds hold removed <&6; do
    if [ "$hold" = hold ]; then continue; fi
    was_unfinished=
    [ ! -e "$state/parts/$part/unfinished" ] || was_unfinished=1
    if [ -e "$work/$index.changes" ] || [ -n "$was_unfinished" ] || [ "$removed" = 1 ]; then
      # Between two parts is a good place to stop when the controller has gone.
      say begin "$index" 2>/dev/null || return
      if apply_part "$part" "$seconds" "$removed"; then result=changed; else
        # Not left half-way: what it was at may be what locks the operator out.
        give_up "$part"
        continue
      fi
    else
      result=unchanged
      # Known from now on, however it came to stand there.
      cmp -s "$work/$index.part" "$state/parts/$part/manifest" ||
        { mkdir -p "$state/parts/$part" && cp "$work/$index.part" "$state/parts/$part/manifest"; }
    fi
    if [ -e "$state/rollback/$part/armed" ]; then
      result=unconfirmed
      # Whoever applies the same again takes over the confirmation.
      printf '%s\n' "$token" >"$state/rollback/$part/token"
    fi
    rm -f "$state/parts/$part/rolled-back" "$state/parts/$part/rolled-back.log"
    say done "$index" "$result"
  done 6<"$work/parts"
}

main() {
  mode=$2
  # The words and files of runs are in memory: a full disk does not stand in their way.
  work=$(mktemp -d /run/poterne-host.XXXXXX) || return
  incoming=
  trap 'rm -rf "$work" ${incoming:+"$incoming"}' EXIT
  trap 'exit 1' INT TERM
  # What was begun is brought to its end although nobody listens any more. Not ignored: others would inherit that.
  trap : HUP PIPE
  exec 4<&0 5>&1 </dev/null
  case $mode in
    plan | apply)
      say poterne 1
      shift
      converge "$@" && say end
      ;;
    confirm)
      say poterne 1
      [ ! -d "$state" ] || { lock --exclusive 60 && confirm "$3"; } && say end
      ;;
    rollback)
      # Not waiting for ever for a run that hangs, which may be what locks the operator out.
      lock --exclusive 60
      roll_back "$3"
      ;;
    rollback-all)
      # Not against the boot: what it starts later would undo this.
      timeout 60 systemctl is-system-running --wait >/dev/null 2>&1
      lock --exclusive 60
      roll_back_all
      ;;
  esac
}

main "$@"
