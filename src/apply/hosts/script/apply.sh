# Converges the parts of the bundle, each by itself.

# Sends for the contents that are missing and takes them in, verified: $incoming/N holds the staged files of part N by
# their final paths, and N.packages its packages.
fetch() {
  : >"$work/wants"
  while IFS=$tab read -r index name _ hold _ <&3; do
    [ "$hold" != hold ] && [ -e "$work/$index.changes" ] || continue
    awk -F "$tab" -v OFS="$tab" -v n="$index" '
      $2 == "file" && $1 != "remove" { print n, "file", $3, n $3, $8, $10 }
      $2 == "package" && $5 != "-" { print n, "package", $3, n ".packages/" $3 ".deb", $5, $6 }
    ' "$work/$index.changes" >>"$work/wants"
  done 3<"$work/parts"
  if [ ! -s "$work/wants" ]; then
    say send
    return
  fi
  incoming=$(mktemp -d "$state/incoming.XXXXXX" 2>"$work/said") || { say broken disk "$(said)" && return 1; }
  cut -f 1-3 "$work/wants" | sed "s/^/need$tab/" >&5
  say send
  cd "$incoming" || return 1
  cut -f 4 "$work/wants" | sed 's:/[^/]*$::' | sort -u >"$work/folders"
  quietly xargs -d '\n' -a "$work/folders" mkdir -p -- || { say broken disk "$(said)" && return 1; }
  while IFS=$tab read -r _ _ _ path sum size <&3; do
    head -c "$size" <&4 2>"$work/said" >"$path" || { say broken disk "$(said)" && return 1; }
    printf '%s  %s\n' "$sum" "$path"
  done 3<"$work/wants" >"$work/expected"
  quietly sha256sum --check --quiet --strict "$work/expected" || { say broken content "$(said)" && return 1; }
  cd / || return 1
}

# Converges part $index; what it was at when it failed has been told.
apply_part() {
  part=$1
  seconds=$2
  removed=$3
  place=$state/parts/$part
  changes=$work/$index.changes
  section=$work/$index.part
  staged=$incoming/$index
  touched=
  : >>"$changes" && : >>"$section"
  # What a part that is to go had, be it only half applied.
  [ "$removed" = 0 ] || cat "$place/manifest" "$place/unfinished" 2>/dev/null | awk '!seen[$0]++' >"$work/$index.old"
  begin_part 2>"$work/said" || failed place "$place" || return
  add_packages && add_accounts && add_folders || return
  if grep -qE "^[a-z]*${tab}file$tab" "$changes" && ! run_all check "$section" 60; then
    failed check "$words"
    # Nothing stands differently than before: there is nothing to finish.
    [ -n "$touched$was_unfinished" ] || rm -f "$place/unfinished"
    return 1
  fi
  set_beside || { clear_beside; return 1; }
  if [ "$seconds" != - ]; then
    arm "$part" "$seconds" || { clear_beside; failed arm "$part"; return; }
  fi
  leave_units && activate || return
  reload_units
  if [ "$removed" = 1 ]; then
    run_all undo "$work/$index.old" 300 || { failed action "$words"; return; }
    rm -rf "$place"
    return
  fi
  mv "$place/manifest.new" "$place/manifest"
  run_all action "$section" 300 || { failed action "$words"; return; }
  settle_units "$section" 1 || { failed unit "$unit"; return; }
  observe "$section"
  rm -f "$place/unfinished"
}

# Remembers what runs once the part of a FILE is applied.
observe() {
  rm -f "$place/observed"
  if holds "$1" observe && run_all observe "$1" 30; then cp "$work/said" "$place/observed"; fi
}

# Writes down what is being begun, so that a run that is cut off is finished by the next one.
begin_part() {
  mkdir -p "$place" && : >>"$place/unfinished" &&
    awk '!seen[$0]++' "$place/unfinished" "$section" >"$place/unfinished.new" &&
    sync "$place/unfinished.new" && mv "$place/unfinished.new" "$place/unfinished"
}

add_packages() {
  set --
  while IFS=$tab read -r _ what name _ sum _ <&3; do
    [ "$what" = package ] || continue
    if [ "$sum" = - ]; then set -- "$@" "$name"; else set -- "$@" "$incoming/$index.packages/$name.deb"; fi
  done 3<"$changes"
  [ $# -gt 0 ] || return 0
  say step "$index" packages $#
  touched=1
  install_packages "$@" || failed packages "$*"
}

add_accounts() {
  while IFS=$tab read -r _ what name _ home _ <&3; do
    [ "$what" = account ] || continue
    touched=1
    quietly useradd --system --user-group --no-create-home --home-dir "$home" --shell /usr/sbin/nologin -- \
      "$name" || failed account "$name" || return
  done 3<"$changes"
}

add_folders() {
  while IFS=$tab read -r kind what path _ mode owner group _ <&3; do
    [ "$what" = folder ] && [ "$kind" != remove ] || continue
    touched=1
    (umask 022 && quietly install -d -m "$mode" -o "$owner" -g "$group" -- "$path") ||
      failed folder "$path" || return
  done 3<"$changes"
}

# Copies the new files beside their places, whole and with their owner and mode: what follows are renames only.
set_beside() {
  cp "$section" "$place/manifest.new" 2>"$work/said" || failed place "$place/manifest" || return
  while IFS=$tab read -r kind what path _ mode owner group _ <&3; do
    [ "$what" = file ] && [ "$kind" != remove ] || continue
    beside "$path"
    { [ -d "${path%/*}/" ] || (umask 022 && quietly mkdir -p -- "${path%/*}"); } &&
      quietly install -m "$mode" -o "$owner" -g "$group" -T -- "$staged$path" "$aside" ||
      failed place "$path" || return
    printf '%s\n' "$aside"
  done 3<"$changes" >"$work/beside"
  quietly xargs -r -d '\n' -a "$work/beside" sync -- || failed place "$place/manifest"
}

# Puts into $aside where a file waits: a name that no program takes for one of its configuration files.
beside() {
  aside=${1%/*}/.poterne-host.${1##*/}
}

clear_beside() {
  while IFS=$tab read -r kind what path _ <&3; do
    beside "$path"
    [ "$what" != file ] || [ "$kind" = remove ] || rm -f -- "$aside"
  done 3<"$changes"
}

activate() {
  while IFS=$tab read -r kind what path _ <&3; do
    beside "$path"
    case $kind$what in
      addfile | changefile) quietly mv -fT -- "$aside" "$path" || failed place "$path" || return ;;
      removefile) quietly rm -f -- "$path" || failed place "$path" || return ;;
    esac
  done 3<"$changes"
  # Inner folders first; one that holds something of somebody else's stays.
  awk -F "$tab" '$1 == "remove" && $2 == "folder" { print $3 }' "$changes" | sort -r |
    xargs -r -d '\n' rmdir --ignore-fail-on-non-empty -- 2>/dev/null
  return 0
}

reload_units() {
  if grep -qE "^[a-z]*${tab}(file${tab}.*/systemd/|package$tab)" "$changes"; then quietly systemctl daemon-reload; fi
}

# Ends the units that an earlier bundle wanted here, while their files are still there.
leave_units() {
  while IFS=$tab read -r kind what name _ <&3; do
    [ "$kind$what" = removeunit ] || continue
    # One whose file somebody took away cannot be disabled, only stopped.
    quietly systemctl disable -- "$name"
    quietly systemctl stop -- "$name" || failed unit "$name" || return
  done 3<"$changes"
}
