# usage: look|put PATH MODE OWNER SHA256: whether a file is there as wanted (`same`, `changed`, `new` on standard output), or
# puts it there from standard input, with no more than the rights of whoever this runs as. Without MODE or OWNER, those
# of the file that is replaced. What is wrong is one word and a path on standard error.
#
# Nobody else can lead it astray: every folder on the way, and every link, is root's or one's own, and others cannot write there.

set -u
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL

refuse() {
  printf '%s\t%s\n' "$1" "$2" >&2
  exit 3
}

me=$(id -u)
own_group=0
[ "$(id -un)" != "$(id -gn)" ] || own_group=$(id -g)

# Whether others can put something else at this place of a path.
check() {
  stands=$(stat -c '%u %g %a' -- "$1" 2>/dev/null) || refuse missing "$1"
  owner=${stands%% *}
  [ "$owner" = 0 ] || [ "$owner" = "$me" ] || refuse foreign "$1"
  [ ! -L "$1" ] || return 0
  [ -d "$1" ] || refuse missing "$1"
  group=${stands#* }
  group=${group%% *}
  bits=$((0${stands##* }))
  # In a sticky folder nobody touches what is another's.
  [ $((bits & 01000)) = 0 ] || return 0
  [ $((bits & 022)) != 0 ] || return 0
  [ $((bits & 02)) = 0 ] || refuse foreign "$1"
  case $(ls -ld -- "$1") in ??????????+*) refuse foreign "$1" ;; esac
  [ "$group" = 0 ] || [ "$group" = "$own_group" ] || refuse foreign "$1"
}

# Leads $at through the folders of a path, links included, each checked.
walk() {
  left=${1#/}
  at=
  hops=0
  check /
  while [ -n "$left" ]; do
    name=${left%%/*}
    case $left in */*) left=${left#*/} ;; *) left= ;; esac
    case $name in
      '' | .) continue ;;
      ..)
        at=${at%/*}
        continue
        ;;
    esac
    check "$at/$name"
    if [ -L "$at/$name" ]; then
      hops=$((hops + 1))
      [ "$hops" -lt 40 ] || refuse missing "$1"
      target=$(readlink -- "$at/$name" && echo .)
      target=${target%??}
      case $target in /*) at= ;; esac
      left=$target/$left
    else
      at=$at/$name
    fi
  done
}

doing=$1 path=$2 mode=$3 owner_wanted=$4 sha256=$5
walk "${path%/*}"
cd -P -- "${at:-/}" 2>/dev/null || refuse missing "${path%/*}"
file=./${path##*/}
state=new
is_mode=644
is_owner=$me:$(id -g)
if [ -L "$file" ]; then state=changed
elif [ -f "$file" ]; then
  state=changed
  is_mode=$(stat -c %a -- "$file")
  [ "$me" != 0 ] || is_owner=$(stat -c %u:%g -- "$file")
  # In a sticky folder anybody may have made it beforehand, so that what is put there would be theirs.
  case ${is_owner%:*} in
    0 | "$me") ;;
    *) [ $((0$(stat -c %a .) & 01000)) = 0 ] || refuse foreign "$path" ;;
  esac
elif [ -e "$file" ]; then refuse occupied "$path"
fi
mode=${mode:-$is_mode}
user=${owner_wanted%%:*}
group=${owner_wanted#"$user"}
if [ -n "$user" ]; then
  uid=$(id -u -- "$user" 2>/dev/null) || refuse owner "$owner_wanted"
  gid=$(id -g -- "$user")
else
  uid=${is_owner%:*}
  gid=${is_owner#*:}
fi
if [ -n "${group#:}" ]; then
  gid=$(getent group -- "${group#:}" | cut -d: -f3)
  [ -n "$gid" ] || refuse owner "$owner_wanted"
fi
[ "$me" = 0 ] || [ "$uid" = "$me" ] || refuse owner "$owner_wanted"

if [ "$doing" = look ]; then
  if [ "$state" = changed ] && [ ! -L "$file" ] && [ "$(stat -c '%a %u:%g' -- "$file")" = "$mode $uid:$gid" ] &&
    [ "$(sha256sum <"$file" 2>/dev/null)" = "$sha256  -" ]; then
    state=same
  fi
  echo "$state"
  exit
fi

# What a host that lost its power left behind.
find . -maxdepth 1 -name '.poterne.????????' -uid "$me" -mmin +60 -delete 2>/dev/null
said=$( (temporary=$(mktemp ./.poterne.XXXXXXXX) && printf '%s' "$temporary") 2>&1) || refuse write "$said"
temporary=$said
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 1' HUP INT TERM PIPE
said=$(cat 2>&1 >"$temporary") || refuse write "$said"
printf '%s  %s\n' "$sha256" "$temporary" | sha256sum --check --status || refuse garbled "$path"
# The mode first: once it is another's, that one could put a link in its place.
said=$( (chmod -- "$mode" "$temporary" && chown -h -- "$uid:$gid" "$temporary" && sync -- "$temporary") 2>&1) ||
  refuse write "$said"
said=$(mv -f -T -- "$temporary" "$file" 2>&1) || refuse write "$said"
trap - EXIT
sync -- .
echo "$state"
