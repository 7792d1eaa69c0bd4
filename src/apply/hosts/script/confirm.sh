# Confirm or roll back: for what can lock the operator out. While $state/rollback/PART/armed is there, PART goes back to
# what it was when the time is over, or at the next boot, unless it is confirmed with the token.

# Keeps what a part replaces, and starts its time. One that still waits for its confirmation goes back to what was
# confirmed last.
arm() {
  back=$state/rollback/$1
  was_armed=
  [ ! -e "$back/armed" ] || was_armed=1
  keep "$1" >"$work/said" 2>&1 && keep_observed "$1" || return 1
  printf '%s\n' "$token" >"$back/token" && printf '%s\n' "$script" >"$state/host.sh" && ready_for_reboot || return 1
  quietly systemctl stop "poterne-rollback-$1.timer"
  : >"$back/armed"
  # All of it has to outlive a power cut from here on.
  quietly sync -f "$back/armed" || return 1
  quietly systemd-run --quiet --collect --unit="poterne-rollback-$1" --on-active="$2" \
    --timer-property=AccuracySec=100ms sh "$state/host.sh" 0 rollback "$1" && return
  [ -n "$was_armed" ] || rm -rf "$back"
  return 1
}

keep() {
  old=$state/parts/$1/manifest
  if [ -z "$was_armed" ]; then
    rm -rf "$back" && mkdir -p "$back/files" && : >"$back/list" && : >"$back/units" || return 1
    [ ! -e "$old" ] || cp "$old" "$back/manifest" || return 1
  fi
  # What to do when there was nothing before.
  cp "$section" "$back/new" || return 1
  [ "$removed" = 0 ] || cp "$work/$index.old" "$back/new" || return 1
  while IFS=$tab read -r _ what path _ <&3; do
    [ "$what" = file ] || continue
    ! grep -qxF -e "kept$tab$path" -e "absent$tab$path" "$back/list" || continue
    if [ -e "$path" ] || [ -L "$path" ]; then
      mkdir -p "$back/files${path%/*}" && cp -a -- "$path" "$back/files$path" || return 1
      printf 'kept\t%s\n' "$path"
    else
      printf 'absent\t%s\n' "$path"
    fi
  done 3<"$changes" >>"$back/list"
  cat "$section" "$old" 2>/dev/null | awk -F "$tab" '$1 == "unit" && !seen[$2]++' >"$work/units.kept"
  while IFS=$tab read -r _ unit _ _ on_change <&3; do
    ! grep -qF "unit$tab$unit$tab" "$back/units" || continue
    case $(systemctl is-enabled -- "$unit" 2>/dev/null </dev/null) in enabled*) enabled=1 ;; *) enabled=0 ;; esac
    if systemctl --quiet is-active -- "$unit" </dev/null; then running=1; else running=0; fi
    printf 'unit\t%s\t%s\t%s\t%s\n' "$unit" "$enabled" "$running" "$on_change"
  done 3<"$work/units.kept" >>"$back/units"
}

# Keeps what is in force when it is not what was applied: somebody let himself in by hand, perhaps.
keep_observed() {
  [ -z "$was_armed" ] && holds "$back/manifest" observe || return 0
  left=$state/parts/$1/observed
  if ! run_all observe "$back/manifest" 30; then
    : >"$back/nothing" || return 1
  elif ! cmp -s "$left" "$work/said"; then
    cp "$work/said" "$back/observed" || return 1
  fi
  [ ! -e "$left" ] || cp "$left" "$back/left"
}

# A reboot forgets the timer: this unit takes its place.
ready_for_reboot() {
  unit_file=/etc/systemd/system/poterne-rollback.service
  wanted='[Unit]
Description=Put back what Poterne changed and nobody confirmed
ConditionPathExistsGlob=/var/lib/poterne-host/rollback/*/armed

[Service]
ExecStart=/bin/sh /var/lib/poterne-host/host.sh 0 rollback-all

[Install]
WantedBy=multi-user.target'
  [ "$(cat "$unit_file" 2>/dev/null)" = "$wanted" ] && [ -e "${unit_file%/*}/multi-user.target.wants/${unit_file##*/}" ] &&
    return
  (umask 022 && printf '%s\n' "$wanted" >"$unit_file" && quietly systemctl enable poterne-rollback.service)
}

# Puts a part back to what it was before, unless it was confirmed meanwhile.
roll_back() {
  part=$1
  back=$state/rollback/$1
  place=$state/parts/$1
  [ -e "$back/armed" ] || return 0
  while IFS=$tab read -r _ unit enabled _ <&3; do
    # While its file is there: otherwise the link that enables it stays.
    [ "$enabled" = 1 ] || quietly systemctl disable -- "$unit"
  done 3<"$back/units"
  while IFS=$tab read -r kind path <&3; do
    case $kind in
      kept)
        mkdir -p "${path%/*}"
        beside "$path"
        cp -a -T -- "$back/files$path" "$aside" && mv -fT -- "$aside" "$path"
        ;;
      absent) rm -f -- "$path" ;;
    esac
  done 3<"$back/list"
  systemctl daemon-reload </dev/null
  mkdir -p "$place" && rm -f "$place/rolled-back.log"
  staged=/nonexistent
  if [ -e "$back/manifest" ]; then
    cp "$back/manifest" "$place/manifest"
    if [ -e "$back/nothing" ] && holds "$back/manifest" undo; then todo=undo; else todo=action; fi
    run_all "$todo" "$back/manifest" 300 || complain
    if [ -e "$back/observed" ]; then run_all restore "$back/manifest" 300 || complain; fi
  else
    rm -f "$place/manifest"
    # Without a way to undo, the same actions with what was there before.
    if holds "$back/new" undo; then todo=undo; else todo=action; fi
    run_all "$todo" "$back/new" 300 || complain
  fi
  settle_units "$back/units" 1 || complain
  if [ -e "$back/observed" ] || [ -e "$back/nothing" ]; then
    # What was changed by hand is told again by the next plan.
    [ ! -e "$back/left" ] || cp "$back/left" "$place/observed"
  elif [ -e "$back/manifest" ]; then
    observe "$back/manifest"
  fi
  rm -f "$place/unfinished"
  date +%s >"$place/rolled-back"
  rm -rf "$back"
}

# Keeps what a program said, which may be of secrets, where root alone reads it: not in the journal.
complain() {
  cat "$work/said" >>"$place/rolled-back.log"
}

# Puts a part that failed back at once.
give_up() {
  [ -e "$state/rollback/$1/armed" ] || return 0
  roll_back "$1"
  rm -f "$state/parts/$1/rolled-back"
  quietly systemctl stop "poterne-rollback-$1.timer"
}

roll_back_all() {
  for armed in "$state"/rollback/*/armed; do
    [ -e "$armed" ] || continue
    armed=${armed%/armed}
    roll_back "${armed##*/}"
  done
}

# Keeps what was applied with this token for good.
confirm() {
  for armed in "$state"/rollback/*/armed; do
    back=${armed%/armed}
    [ -e "$armed" ] && [ "$(cat "$back/token")" = "$1" ] || continue
    rm -rf "$back"
    say confirmed "${back##*/}"
    quietly systemctl stop "poterne-rollback-${back##*/}.timer"
  done
}
