# What runs on a host, as root, for a POSIX sh with what every Debian has (coreutils, util-linux, systemd). It comes in on
# standard input, and after it: the parameters, the operator's script, what goes to that one's standard input.
#
# Both streams of the connection carry the script's own bytes between two marks that only the controller and root here
# know. Descriptors: 4 the connection's input, 5 its output, 6 its error, 7 a lock on the folder. The operator's script inherits none of them.

set -u
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH IFS

work=
folder=
main=
tab='	'

# Sends one line of fields separated by tabs.
say() {
  line=$1
  shift
  for field; do line=$line$tab$field; done
  printf '%s\n' "$line" >&5
}

# Nothing was run, and why: what a program said is in $work/said.
broken() {
  say broken "$1" "$(tail -c 4096 "$work/said" 2>/dev/null | base64 -w 0)"
  exit 1
}

# Ends every process that the script started, wherever it went: TERM, and KILL five seconds later.
end_tree() {
  if [ -n "$scope" ]; then
    systemctl stop --quiet -- "$scope.scope" 2>/dev/null
    return
  fi
  for signal in TERM KILL; do
    kill -s "$signal" -- "$main" 2>/dev/null
    tries=0
    while of_tree "$signal" && [ "$tries" -lt 10 ]; do
      sleep 0.5
      tries=$((tries + 1))
    done
  done
}

# Without systemd: sends a signal to the processes that hold the run's mark in their environment; whether there were any.
of_tree() {
  found=1
  for environment in $(grep -lsFxz -- "POTERNE_RUN=$run" /proc/[0-9]*/environ 2>/dev/null); do
    process=${environment#/proc/}
    kill -s "$1" -- "${process%/environ}" 2>/dev/null && found=0
  done
  return "$found"
}

# Whether something that the script started still runs.
is_left() {
  if [ -n "$scope" ]; then systemctl is-active --quiet -- "$scope.scope"; else of_tree 0; fi
}

clean() {
  trap '' HUP INT TERM PIPE
  if [ -n "$main" ]; then end_tree; fi
  # Does not follow links, whatever the account has put there.
  rm -rf ${work:+"$work"} ${folder:+"$folder"}
}

# Waits until the time is over, or the controller has closed: that is how it says stop, and how its death shows.
watch() {
  exec 3<&- 5>&- 6>&- 7<&-
  trap 'kill "$waiting" 2>/dev/null; exit' TERM
  timeout -- "$limit" cat <&4 >/dev/null &
  waiting=$!
  # A signal that comes earlier is lost.
  : >"$work/watching"
  wait "$waiting"
  if [ "$?" = 124 ]; then echo limit; else echo stop; fi >"$work/why"
  end_tree
}

# A process that stays behind may hold the output open: it is given five seconds, and the output is closed.
hurry() {
  # Here, and not where it is called: there, a copy of each would stay open.
  exec 4<&- 5>&- 6>&-
  quiet=0
  while [ "$quiet" -lt 10 ]; do
    sleep 0.5
    if is_left; then quiet=$((quiet + 1)); else quiet=0; fi
  done
  kill "$out" "$err" 2>/dev/null
}

# Places the script, its private folder and its standard input. The folder is the account's once it is filled: nothing is
# written as root where the account could have put a link.
place() {
  entry=$(getent passwd -- "${account:=${SUDO_USER:-root}}") || broken account
  IFS=: read -r account _ uid gid _ home shell <<-END
	$entry
	END
  # Left where a host lost its power in the middle: nobody holds it.
  find /var/lib -maxdepth 1 -name 'poterne-run.??????' -mmin +60 | while IFS= read -r old; do
    flock --nonblock "$old" rm -rf "$old"
  done
  # Not in /run, /tmp or /var/tmp, which may be mounted noexec.
  folder=$(mktemp -d /var/lib/poterne-run.XXXXXX 2>"$work/said") || broken disk
  exec 7<"$folder"
  flock --nonblock 7
  head -c "$script_length" <&4 >"$folder/$name" 2>"$work/said" || broken disk
  printf '%s  %s\n' "$script_sha256" "$folder/$name" | sha256sum --check --strict >"$work/said" 2>&1 ||
    broken script
  script=$folder/$name
  install_script
  # What may be a secret stays in memory, unless it is large.
  stdin=$work/stdin
  [ "$stdin_length" -le 16777216 ] || stdin=$folder/.stdin
  head -c "$stdin_length" <&4 >"$stdin" 2>"$work/said" || broken disk
  [ "$(stat -c %s "$stdin")" = "$stdin_length" ] || broken script
  exec 3<"$stdin"
  rm -f "$stdin"
  mkfifo "$work/out" "$work/err" "$folder/.sum" || broken disk
  chown "$uid:$gid" "$folder/$name" "$folder/.sum" "$work/out" "$work/err"
  chmod 500 "$folder/$name"
  chown "$uid:$gid" "$folder"
}

# Runs a command with the rights of an account alone.
as_account() {
  rights_uid=$1 rights_gid=$2
  shift 2
  setpriv --reuid "$rights_uid" --regid "$rights_gid" --init-groups --reset-env -- "$@" 4<&- 5>&- 6>&- 7<&-
}

# usage: look|put PATH MODE OWNER SHA256, with the rights of $acting: what it says is in $state.
placed() {
  # shellcheck disable=SC2086
  state=$(as_account $acting sh -c "$placer" poterne "$@" 2>"$work/said") || broken place
}

# The script where policy wants it: it stays there. A folder of the account's is written to with its rights, and no other's.
install_script() {
  [ -n "$install" ] || return 0
  acting='0 0'
  owner=root
  if [ "$(stat -c %u -- "${install%/*}/." 2>/dev/null)" = "$uid" ]; then
    acting="$uid $gid"
    owner=$account
  fi
  : "${install_owner:=$owner}"
  placed look "$install" "$install_mode" "$install_owner" "$script_sha256"
  [ "$state" = same ] || placed put "$install" "$install_mode" "$install_owner" "$script_sha256" <"$script"
  script=$install
}

# Files at their places, with the rights of the account; asks for the contents of those that are not there already.
put_files() {
  acting="$uid $gid"
  eval "set -- $files"
  while [ "$#" -gt 0 ]; do
    placed look "$1" "$3" "$4" "$5"
    if [ "$state" != same ]; then
      say want
      # No more is taken than the file is long, whatever becomes of the other end.
      content=$work/content
      mkfifo "$content" || broken disk
      head -c "$2" <&4 >"$content" 5>&- 6>&- 7<&- &
      placed put "$1" "$3" "$4" "$5" <"$content"
      wait "$!"
      rm -f "$content"
    fi
    say placed "$state"
    shift 5
  done
}

# Runs the script with its streams on the connection, between the marks.
launch() {
  run=${folder##*/}
  scope=
  [ ! -d /run/systemd/system ] || scope=$run
  export work script uid gid home shell run
  # Pipes of the account's own: it may open /dev/stdout anew.
  cat <"$work/out" >&5 3<&- 4<&- 6>&- 7<&- &
  out=$!
  cat <"$work/err" >&6 3<&- 4<&- 5>&- 7<&- &
  err=$!
  set --
  [ -z "$scope" ] || set -- systemd-run --scope --quiet --collect --unit="$scope" --property=TimeoutStopSec=5 --
  begun=$(date +%s%3N)
  "$@" setsid sh "$work/launch" <&3 >"$work/out" 2>"$work/err" 3<&- 4<&- 5>&- 6>&- 7<&- &
  main=$!
  exec 3<&-
  watch &
  watcher=$!
  wait "$main"
  status=$?
  milliseconds=$(($(date +%s%3N) - begun))
  tries=0
  until [ -e "$work/watching" ] || [ "$tries" -gt 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  if [ -e "$work/why" ]; then wait "$watcher"; else kill "$watcher"; fi
  hurry &
  hurrying=$!
  wait "$out" "$err"
  kill -KILL "$hurrying" 2>/dev/null
  left=
  # systemd takes a moment to notice that all have gone.
  ! { is_left && sleep 0.3 && is_left; } || left=left
  main=
  printf '%s' "$token" >&6
  printf '%s' "$token" >&5
  say exit "$status" "$(cat "$work/why" 2>/dev/null || echo itself)" "$milliseconds" "$left"
}

main() {
  # Whatever ends this ends the script, and leaves nothing behind.
  trap clean EXIT
  trap 'exit 1' INT TERM HUP
  trap : PIPE
  exec 4<&0 5>&1 6>&2 </dev/null >/dev/null 2>/dev/null
  # usage: LENGTH-OF-THIS LENGTH SHA-256. Cut short, they are not looked at.
  parameters=$(head -c "$2" <&4 && echo .)
  parameters=${parameters%.}
  [ "$(printf '%s' "$parameters" | sha256sum)" = "$3  -" ] || exit 1
  eval "$parameters"
  printf '%s\n' "$token" >&6
  printf '%s\n' "$token" >&5
  # In memory: root's own.
  work=$(mktemp -d /run/poterne-run.XXXXXX) || broken disk
  printf '%s' "$parameters" >"$work/parameters" && printf '%s' "$launcher" >"$work/launch" || broken disk
  place
  put_files
  say begin "$account"
  launch
  [ -e "$work/launched" ] || broken launch
  [ -z "$patterns" ] || [ "$(cat "$work/why" 2>/dev/null)" = stop ] || {
    eval "set -- $patterns"
    setpriv --reuid "$uid" --regid "$gid" --init-groups --reset-env -- \
      sh -c "$collector" poterne "$folder/.sum" "$most" "$@" >&5 4<&- 5>&- 6>&- 7<&-
  }
  rm -rf "$work" "$folder"
  say end
}

main "$@"
