# usage: FIFO MOST PATTERN…: sends the files that match, as the account itself: it gets nothing that it may not read. No
# link is followed. No more than MOST bytes in all.

set -u
LC_ALL=C
export LC_ALL
fifo=$1
most=$2
shift 2
cd -- "$HOME" 2>/dev/null || cd /

# Sends exactly as many bytes as were announced, whatever becomes of the file meanwhile.
bytes() {
  { head -c "$2" -- "$1"; head -c "$2" /dev/zero; } 2>/dev/null | head -c "$2"
}

# Names go in base64: they may hold anything.
skip() {
  printf 'skip\t%s\t%s\n' "$name" "$1"
}

IFS=
for pattern; do
  for file in $pattern; do
    case $file in /*) ;; *) file=$PWD/$file ;; esac
    name=$(printf '%s' "$file" | base64 -w 0)
    if [ -L "$file" ]; then skip link
    elif [ ! -e "$file" ]; then skip none
    elif [ -d "$file" ]; then skip folder
    elif [ ! -f "$file" ]; then skip special
    elif [ ! -r "$file" ]; then skip unreadable
    else
      size=$(stat -c %s -- "$file") || { skip none; continue; }
      if [ "$size" -gt "$most" ]; then
        skip large
        continue
      fi
      most=$((most - size))
      printf 'file\t%s\t%s\n' "$name" "$size"
      bytes "$file" "$size" | tee "$fifo" &
      sum=$(sha256sum <"$fifo")
      wait
      after=$(stat -c %s -- "$file" 2>/dev/null)
      [ "$after" = "$size" ] && after=same || after=changed
      printf 'sum\t%s\t%s\n' "${sum%% *}" "$after"
    fi
  done
done
