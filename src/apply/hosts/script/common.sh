# What runs on a host: the files of this folder one after another, for a POSIX sh with what every Debian
# has (coreutils, findutils, util-linux, awk, dpkg, systemd). They come in on standard input and hold no secret.
#
# Descriptors: 4 the connection's input, 5 its output, 9 the lock. Nothing that is started inherits them.

set -u
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH IFS

state=/var/lib/poterne-host
work=
tab='	'

# Sends one line of fields separated by tabs. Names hold no control characters: the controller refuses such bundles.
say() {
  line=$1
  shift
  for field; do line=$line$tab$field; done
  printf '%s\n' "$line" >&5
}

# What a program said, as one field.
said() {
  printf =
  tail -c 16384 "$work/said" | base64 -w 0
}

# Tells where a part failed: STEP, and the command or name it was at.
failed() {
  say failed "$index" "$1" "$(said)" "$2"
  return 1
}

# Runs a command apart from the connection, its words on standard output and error kept in $work/said.
quietly() {
  "$@" </dev/null >"$work/said" 2>&1 3<&- 4<&- 5>&- 6<&- 9<&-
}

# Runs a command of the manifest: words separated by tabs, each `=text` or `@path of a file of this part`, no longer
# than SECONDS.
run_words() {
  limit=$2
  IFS=$tab
  set -f
  # shellcheck disable=SC2086
  set -- $1
  set +f
  unset IFS
  for word; do
    shift
    case $word in
      @*)
        word=${word#@}
        [ ! -e "$staged$word" ] || word=$staged$word
        ;;
      *)
        # The x keeps line feeds at the end.
        word=$(printf '%bx' "${word#=}")
        word=${word%x}
        ;;
    esac
    set -- "$@" "$word"
  done
  quietly timeout -k 5 "$limit" "$@"
  status=$?
  [ "$status" -ne 124 ] || printf 'ended after %s seconds\n' "$limit" >>"$work/said"
  return "$status"
}

# Runs every command of a KIND in a FILE of manifest lines, until one fails; $words is the last one run.
run_all() {
  while IFS= read -r words <&3; do
    case $words in
      "$1$tab"*)
        words=${words#*"$tab"}
        run_words "$words" "$3" || return 1
        ;;
    esac
  done 3<"$2"
}

# Whether a FILE holds a line of a KIND.
holds() {
  [ -e "$1" ] && grep -q "^$2$tab" "$1"
}

# Waits for the others that work on this host, as long as it takes but SECONDS at most.
lock() {
  exec 9<"$state"
  flock "$1" --nonblock 9 && return
  say waiting lock
  flock "$1" --timeout "$2" 9
}

# Puts the units of a FILE into their state; with CHANGED, running ones take up what is new.
settle_units() {
  while IFS=$tab read -r kind unit enabled running on_change <&3; do
    [ "$kind" = unit ] || continue
    is=$(systemctl is-enabled -- "$unit" 2>/dev/null </dev/null)
    case $enabled$is in
      1enabled | 1enabled-runtime | 1static | 1indirect | 1alias | 1generated) ;;
      1*) quietly systemctl enable -- "$unit" || return 1 ;;
      0enabled | 0enabled-runtime) quietly systemctl disable -- "$unit" || return 1 ;;
    esac
    if quietly systemctl is-active -- "$unit"; then
      case $running$2$on_change in
        0*) quietly systemctl stop -- "$unit" || return 1 ;;
        11reload) quietly systemctl reload -- "$unit" || return 1 ;;
        11restart) started restart || return 1 ;;
      esac
    elif [ "$running" = 1 ]; then
      started start || return 1
    fi
  done 3<"$1"
}

# Starts or restarts $unit; when it fails, its own last words are what is worth reading.
started() {
  # A unit that failed too often is not tried again otherwise.
  quietly systemctl reset-failed -- "$unit"
  quietly systemctl "$1" -- "$unit" && return
  journalctl --quiet --no-pager --output=cat --lines=15 --unit="$unit" >>"$work/said" 2>/dev/null </dev/null
  return 1
}
