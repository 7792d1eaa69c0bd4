# usage: PATTERN…, in the home of the account, and as it: says which files match, each ended by a null byte.
IFS=
for pattern; do
  for file in $pattern; do
    case $file in /*) ;; *) file=$PWD/$file ;; esac
    printf '%s\0' "$file"
  done
done
