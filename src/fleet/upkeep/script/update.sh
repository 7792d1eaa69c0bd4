# usage: look|do all|security yes|no: what an update of the Debian packages would change, or the update; `yes`: packages may
# be removed for it. usage: state: which boot this is, what failed, and what asks for a new one.
#
# apt's own words go to standard error.

# Seconds that another program may take over its own installation.
patience=900

# What dpkg has begun, it ends: in a scope of its own it outlives this run, whatever ends that.
quietly() {
  : >"$work/said"
  [ ! -d /run/systemd/system ] || set -- systemd-run --scope --quiet --collect -- "$@"
  "$@" </dev/null >"$work/said" 2>&1 &
  doing=$!
  tail -n +1 -f -s 0.2 --pid="$doing" -- "$work/said" >&2
  wait "$doing"
  set -- $?
  cat "$work/said" >>"$work/all"
  return "$1"
}

# Ends with what went wrong, and apt's last words.
fault() {
  if grep -qE 'No space left on device|enough free space' "$work/said"; then set -- full
  elif grep -qE 'E: (Could not get lock|Unable to acquire the dpkg frontend lock)' "$work/said"; then set -- locked; fi
  say fault "$1" "$(grep -v '^$' "$work/said" | tail -n 20 | base64 -w 0)"
  exit 1
}

simulate() {
  # shellcheck disable=SC2086
  apt-get -s -q -o Debug::NoLocking=1 $1 </dev/null >"$2" 2>"$work/said" || {
    cat "$2" >>"$work/said"
    fault broken
  }
}

# Of a simulation, in lines: name, version until now (none of a new one), version then, where from.
changes() {
  sed -nE 's/^Inst ([^ ]+) (\[([^]]*)\] )?\(([^ )]+) ?([^)]*)\).*/\1\t\3\t\4\t\5/p' "$1"
}

removals() {
  sed -nE 's/^Remv ([^ ]+) (\[([^]]*)\])?.*/\1\t\3/p' "$1"
}

# Makes $words of apt-get, none where there is nothing to do, and $plan, a simulation of them.
plan_of() {
  simulate 'upgrade --with-new-pkgs' "$work/safe"
  simulate dist-upgrade "$work/full"
  plan=$work/safe
  words='upgrade --with-new-pkgs'
  if [ "$2" = yes ]; then
    plan=$work/full
    words=dist-upgrade
  fi
  if [ "$1" = security ]; then
    names=$(changes "$plan" | awk -F "$tab" '$2 != "" && tolower($4) ~ /security/ { print $1 }')
    plan=$work/security
    : >"$plan"
    words=
    if [ -n "$names" ]; then
      words="install --only-upgrade $names"
      [ "$2" = yes ] || words="$words --no-remove"
      simulate "$words" "$plan"
    fi
  fi
  [ -n "$(changes "$plan")$(removals "$plan")" ] || words=
}

tell_plan() {
  changes "$plan" | awk -F "$tab" -v OFS="$tab" \
    '{ print "package", $1, $2, $3, (tolower($4) ~ /security/ ? "security" : "") }'
  removals "$plan" | awk -F "$tab" -v OFS="$tab" '{ print "package", $1, $2, "", "" }'
}

# What stays as it is, and why.
tell_kept() {
  held=" $(apt-mark showhold 2>/dev/null | tr '\n' ' ') "
  full=" $(changes "$work/full" | cut -f 1 | tr '\n' ' ') "
  removed=$(removals "$work/full")
  for name in $(awk '/kept back:/ { on = 1; next } /^ / { if (on) print; next } { on = 0 }' "$work/safe"); do
    case $held in *" $name "*) say kept "$name" hold && continue ;; esac
    case $full in
      *" $name "*)
        [ "$plan" != "$work/full" ] || continue
        if [ -n "$removed" ]; then say kept "$name" removal; else say kept "$name" other; fi
        ;;
      *) say kept "$name" other ;;
    esac
  done
  [ "$plan" = "$work/full" ] || printf '%s\n' "$removed" | awk -F "$tab" -v OFS="$tab" '$1 != "" { print "refused", $1 }'
}

# Packages that an installation left half done.
tell_unfinished() {
  # shellcheck disable=SC2016
  dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' |
    awk -v OFS="$tab" '$1 ~ /^.[UFHWt]/ || $1 ~ /^..R/ { print "unfinished", $2 }'
  [ -z "$(ls /var/lib/dpkg/updates 2>/dev/null)" ] || say interrupted
}

tell_units() {
  systemctl list-units --failed --plain --no-legend 2>/dev/null | awk -v OFS="$tab" '{ print "unit", $1 }'
}

# Whether something that runs is older than what is installed.
tell_reboot() {
  [ ! -e /run/reboot-required ] || say reboot required
  count=$(grep -lsE '\.so[^/]* \(deleted\)$' /proc/[0-9]*/maps 2>/dev/null | wc -l)
  [ "$count" = 0 ] || say reboot libraries "$count"
  # A container runs the kernel of another machine.
  ! systemd-detect-virt --quiet --container || return 0
  running=$(uname -r)
  newest=$(find /boot -maxdepth 1 -name "vmlinuz-*-${running##*-}" -printf '%f\n' 2>/dev/null | sort -V | tail -n 1)
  newest=${newest#vmlinuz-}
  if [ -n "$newest" ] && [ "$newest" != "$running" ] &&
    [ "$(printf '%s\n' "$running" "$newest" | sort -V | tail -n 1)" = "$newest" ]; then
    say reboot kernel "$newest"
    return
  fi
  # The same release in a newer build.
  # shellcheck disable=SC2016
  installed=$(dpkg-query -W -f '${Version}' "linux-image-$running" 2>/dev/null) || return 0
  case $(uname -v) in
    *"$installed"*) ;;
    *Debian*) say reboot kernel "$installed" ;;
  esac
}

tell_state() {
  say boot "$(cat /proc/sys/kernel/random/boot_id)"
  case $(systemctl is-system-running 2>/dev/null) in initializing | starting) say starting ;; esac
  tell_units
  tell_reboot
}

versions() {
  # shellcheck disable=SC2016
  dpkg-query -W -f '${binary:Package}\t${Version}\t${db:Status-Abbrev}\n' |
    awk -F "$tab" -v OFS="$tab" -v native=":$(dpkg --print-architecture)" \
      '$3 !~ /^.[nc]/ { if (substr($1, length($1) - length(native) + 1) == native) $1 = substr($1, 1, length($1) - length(native)); print $1, $2 }' |
    sort
}

# What really became of the packages.
tell_done() {
  changes "$plan" | awk -F "$tab" 'tolower($4) ~ /security/ { print $1 }' >"$work/of-security"
  versions >"$work/after"
  awk -F "$tab" -v OFS="$tab" '
    FILENAME == ARGV[1] { security[$1] = "security"; next }
    FILENAME == ARGV[2] { was[$1] = $2; next }
    { is[$1] = $2; if (was[$1] != $2) print "package", $1, was[$1], $2, security[$1] }
    END { for (name in was) if (!(name in is)) print "package", name, was[name], "", "" }
  ' "$work/of-security" "$work/before" "$work/after"
  sed -nE "s/^Configuration file '(.*)'\$/conffile\t\1/p" "$work/all" | sort -u
  [ "$mended" != dpkg ] || say repaired
  tell_unfinished
}

update() {
  tell_units
  versions >"$work/before"
  # shellcheck disable=SC2086
  mended_apt $words
  set -- $?
  tell_done
  [ "$1" = 0 ] || fault packages
}

main() {
  work=$(mktemp -d /run/poterne-update.XXXXXX) || exit 1
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM PIPE
  : >"$work/said"
  : >"$work/all"
  mended=
  if [ "$1" != state ]; then
    command -v apt-get >/dev/null || fault none
    mended_apt update -o APT::Update::Error-Mode=any || fault lists
    plan_of "$2" "$3"
  fi
  case $1 in
    look)
      tell_plan
      tell_kept
      tell_unfinished
      tell_state
      ;;
    do)
      # What an installation left half done is ended even where there is nothing new.
      [ -n "$words" ] || [ -z "$(tell_unfinished)" ] || words='install --fix-broken'
      [ -z "$words" ] || update
      ;;
    state) tell_state ;;
  esac
  say end
}

main "$@"
