# usage: look|do ACTION NAME [WORD=VALUE]…: what an action on an account would change, or the change; nothing where all is
# as wanted. Without NAME it is about the account that logs in.

# Ends with what went wrong: a word, and what it is about.
fault() {
  say fault "$1" "$(printf '%s' "$2" | tail -c 2000 | base64 -w 0)"
  exit 1
}

# usage: KIND FROM TO COMMAND…: tells a change, and makes it.
change() {
  say change "$1" "$2" "$3"
  shift 3
  [ "$doing" = do ] || return 0
  said=$("$@" 2>&1 </dev/null) || fault failed "$said"
}

# A field of the account's entry, from 1.
entry() {
  getent passwd -- "$name" | cut -d : -f "$1"
}

exists() {
  [ -n "$(entry 1)" ]
}

required() {
  exists || fault absent "$name"
}

# What would lock out whoever is doing this.
not_own() {
  { [ "$(entry 3)" != 0 ] && [ "$name" != "${SUDO_USER:-root}" ]; } || fault own "$name"
}

as_account() {
  setpriv --reuid "$(entry 3)" --regid "$(entry 4)" --init-groups --reset-env -- "$@"
}

create() {
  if [ -n "$shell" ] && [ ! -x "$shell" ]; then fault shell "$shell"; fi
  for group in $groups; do getent group -- "$group" >/dev/null || fault group "$group"; done
  if ! exists; then
    set -- --create-home --user-group --password '*' --shell "${shell:-/bin/bash}"
    [ -z "$uid" ] || set -- "$@" --uid "$uid"
    [ -z "$home" ] || set -- "$@" --home-dir "$home"
    [ -z "$comment" ] || set -- "$@" --comment "$comment"
    [ -z "$groups" ] || set -- "$@" --groups "$(printf %s "$groups" | tr ' ' ,)"
    [ -z "$system" ] || set -- "$@" --system
    change account '' "$name" useradd "$@" -- "$name"
    [ "$doing" = do ] || return 0
  fi
  # Another number or home would leave files behind that belong to nobody.
  [ -z "$uid" ] || [ "$(entry 3)" = "$uid" ] || fault uid "$(entry 3)"
  [ -z "$home" ] || [ "$(entry 6)" = "$home" ] || fault home "$(entry 6)"
  [ -z "$shell" ] || [ "$(entry 7)" = "$shell" ] ||
    change shell "$(entry 7)" "$shell" usermod --shell "$shell" -- "$name"
  [ -z "$comment" ] || [ "$(entry 5)" = "$comment" ] ||
    change comment "$(entry 5)" "$comment" usermod --comment "$comment" -- "$name"
  for group in $groups; do
    case " $(id -nG -- "$name") " in
      *" $group "*) ;;
      *) change group '' "$group" usermod --append --groups "$group" -- "$name" ;;
    esac
  done
}

# Where sshd looks for the keys of the account: the first of the places.
keys_file() {
  file=$(sshd -T -C "user=$name,host=localhost,addr=127.0.0.1" 2>/dev/null |
    awk '$1 == "authorizedkeysfile" { print $2; exit }')
  file=${file:-.ssh/authorized_keys}
  [ "$file" != none ] || fault keys-none "$name"
  home_is=$(entry 6)
  file=$(printf '%s\n' "$file" | awk -v home="$home_is" -v name="$name" -v uid="$(entry 3)" '{
    out = ""
    while (match($0, /%[%hUu]/)) {
      sign = substr($0, RSTART + 1, 1)
      out = out substr($0, 1, RSTART - 1) (sign == "h" ? home : sign == "u" ? name : sign == "U" ? uid : "%")
      $0 = substr($0, RSTART + 2)
    }
    print out $0
  }')
  case $file in /*) ;; *) file=$home_is/$file ;; esac
}

keys_now() {
  if [ ! -e "$file" ]; then return; fi
  # In its home as the account alone, as sshd does: it could have put a link to a secret of root's there.
  case $file in
    "$home_is"/*) as_account cat -- "$file" 2>/dev/null ;;
    *) cat -- "$file" ;;
  esac
}

# Puts the keys of standard input in place of those that are there: in its home with the account's own rights.
put_keys() {
  cat >"$work/keys"
  owner=
  set -- sh
  case $file in
    "$home_is"/*)
      set -- as_account sh
      as_account install -d -m 700 -- "${file%/*}" || return
      ;;
    *) owner=root ;;
  esac
  sum=$(sha256sum <"$work/keys")
  "$@" -c "$placer" poterne put "$file" "$([ -e "$file" ] || echo 600)" "$owner" "${sum%% *}" <"$work/keys" 2>"$work/said" >/dev/null ||
    fault place "$(cat "$work/said")"
}

# usage: KIND WANTED: makes the file of keys this one.
want_keys() {
  keys_now >"$work/is"
  cmp -s "$work/is" "$2" && return
  say change "$1" "$(grep -cv '^ *\(#\|$\)' "$work/is")" "$(grep -cv '^ *\(#\|$\)' "$2")"
  [ "$doing" != do ] || put_keys <"$2"
}

# Of the lines of a file, those with a key, which is `type base64` of its own or after options.
with_key() {
  key=$key awk -v not="$2" '{ has = index(" " $0 " ", " " ENVIRON["key"] " ") > 0 } has != (not == "not")' "$1"
}

keys() {
  required
  keys_file
  printf '%s' "$keys" >"$work/wanted"
  want_keys keys "$work/wanted"
}

add_key() {
  required
  keys_file
  keys_now >"$work/now"
  # A last line without its end would become one with the new key.
  awk '{ print }' "$work/now" >"$work/wanted"
  [ -z "$(with_key "$work/now" yes)" ] || return 0
  printf '%s\n' "$line_of_key" >>"$work/wanted"
  want_keys key-added "$work/wanted"
}

drop_key() {
  required
  keys_file
  keys_now >"$work/now"
  [ -n "$(with_key "$work/now" yes)" ] || {
    say not-there
    return
  }
  with_key "$work/now" not >"$work/wanted"
  want_keys key-dropped "$work/wanted"
}

# The new key in the lines of the old one: what these allow stays as it is.
swap_key() {
  required
  keys_file
  keys_now >"$work/now"
  [ -n "$(with_key "$work/now" yes)" ] || {
    say not-there
    return
  }
  # Not as variables of awk, which would read backslashes in a comment.
  key=$key line=$line_of_key awk '{
    at = index(" " $0 " ", " " ENVIRON["key"] " ")
    if (at == 0) print
    else print substr($0, 1, at - 1) ENVIRON["line"]
  }' "$work/now" >"$work/wanted"
  want_keys key-swapped "$work/wanted"
}

running() {
  pgrep -c -u "$(entry 3)"
}

end_processes() {
  [ "$(running)" != 0 ] || return 0
  say change ended "$(running)" 0
  [ "$doing" = do ] || return 0
  number=$(entry 3)
  pkill -TERM -u "$number"
  tries=0
  while [ "$(running)" != 0 ] && [ "$tries" -lt 10 ]; do
    sleep 0.5
    tries=$((tries + 1))
  done
  pkill -KILL -u "$number"
  sleep 0.2
}

lock() {
  required
  not_own
  # Expired in 1970: no login of any kind, by key neither.
  [ "$(getent shadow -- "$name" | cut -d : -f 8)" = 1 ] ||
    change locked '' "$name" usermod --lock --expiredate 1 -- "$name"
  if [ -n "$end" ]; then end_processes
  elif [ "$(running)" != 0 ]; then say running "$(running)"; fi
}

unlock() {
  required
  [ -n "$(getent shadow -- "$name" | cut -d : -f 8)" ] || return 0
  change unlocked '' "$name" usermod --expiredate '' -- "$name"
  [ "$doing" != do ] || usermod --unlock -- "$name" >/dev/null 2>&1 </dev/null
}

remove() {
  exists || return 0
  not_own
  if [ -n "$end" ]; then end_processes
  elif [ "$(running)" != 0 ]; then fault busy "$(running)"; fi
  if [ -n "$remove_home" ]; then change removed-home "$(entry 6)" '' userdel --remove -- "$name"
  else change removed "$name" '' userdel -- "$name"; fi
}

main() {
  doing=$1
  action=$2
  name=${3:-${SUDO_USER:-root}}
  shift 3
  uid= home= shell= comment= groups= system= keys= has_keys= key= line_of_key= end= remove_home=
  for word; do
    value=${word#*=}
    case $word in
      uid=*) uid=$value ;;
      home=*) home=$value ;;
      shell=*) shell=$value ;;
      comment=*) comment=$value ;;
      groups=*) groups=$value ;;
      system=*) system=$value ;;
      keys=*) keys=$value has_keys=1 ;;
      key=*) key=$value ;;
      line=*) line_of_key=$value ;;
      end=*) end=$value ;;
      remove-home=*) remove_home=$value ;;
    esac
  done
  work=$(mktemp -d /run/poterne-account.XXXXXX) || exit 1
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM PIPE
  case $action in
    create)
      create
      if [ -n "$has_keys" ]; then
        if exists; then keys; else say change keys 0 "$(printf '%s' "$keys" | grep -c .)"; fi
      fi
      ;;
    keys) keys ;;
    add) add_key ;;
    drop) drop_key ;;
    swap) swap_key ;;
    lock) lock ;;
    unlock) unlock ;;
    remove) remove ;;
  esac
  say end
}

main "$@"
