# Compares the host with the manifest: one look at all files, one at all packages, accounts and units.

# Reads the manifests (wanted, as last applied, being applied) and what was seen, and writes what differs: for the
# controller on standard output; for us in $work/parts, and for the part N in N.changes and N.part (its manifest).
#
# A line of N.changes: kind, what, name, drift (when the thing was last written, or -), and what the manifest says of it
# (of a file: mode, owner, group, SHA-256, whether it is secret, size).
comparison='
function differs(kind, what, name, drift, rest) {
  print "change", number, kind, what, name, drift
  print kind, what, name, drift, rest > (work "/" number ".changes")
  different[number] = 1
}
function begin(name, confirm, hold, removed) {
  number = ++numbers
  if (confirm == "") confirm = "-"
  print number, name, confirm, hold, removed > (work "/parts")
  print "part", number, name
}
# Whether a file stands otherwise than we left it.
function drifted(path) {
  if (!((part, path) in oldFile) || (part in unfinished)) return "-"
  if (!(path in there)) return "gone"
  return (look[path] == oldFile[part, path] && sum[path] == oldSum[part, path]) ? "-" : written[path]
}
BEGIN { FS = OFS = "\t" }
stage == "wanted" || stage == "old" || stage == "unfinished" {
  if ($1 == "part") {
    part = $2
    if (stage == "wanted") isWanted[part] = 1
    else {
      if (stage == "unfinished") unfinished[part] = 1
      if (!(part in isOld)) { isOld[part] = 1; oldParts[++olds] = part }
      if ($3 != "-") oldConfirm[part] = $3
    }
  }
  if (stage == "wanted") {
    lines[++count] = $0
    wanted[$1, $2] = 1
  } else if ($1 == "file") {
    oldFile[part, $2] = $3 " " $5 " " $6
    oldSum[part, $2] = $7
    left[++lefts] = part OFS $1 OFS $2 OFS $8
  } else if ($1 == "folder" || $1 == "unit") left[++lefts] = part OFS $1 OFS $2 OFS "-"
  next
}
stage == "stat" { there[$5] = 1; look[$5] = $1 " " $2 " " $3; written[$5] = $4; next }
stage == "sums" { sum[substr($0, 67)] = substr($0, 1, 64); next }
stage == "packages" { if ($1 == "installed") { there[$2] = 1; version[$2] = $3 }; next }
stage == "accounts" { split($0, entry, ":"); account[entry[1]] = 1; next }
stage == "unit" { names[++named] = $1; next }
stage == "units" {
  if ($0 == "") { block++; next }
  at = names[block + 1]
  if (sub(/^ActiveState=/, "")) active[at] = $0
  else if (sub(/^UnitFileState=/, "")) enabled[at] = $0
  next
}
END {
  for (l = 1; l <= count; l++) {
    $0 = lines[l]
    name = $2
    if ($1 == "part") { finish(); part = name; begin(name, $3, $4, 0) }
    kind = (name in there) ? "change" : "add"
    print > (work "/" number ".part")
    if ($1 == "package" && !(name in version)) differs("add", "package", name, "-", "-")
    if ($1 == "carried" && version[name] != $3)
      differs(kind, "package", name, "-", $4 OFS $5)
    if ($1 == "account" && !(name in account)) differs("add", "account", name, "-", $3)
    if ($1 == "folder" && look[name] != $3 " " $5 " " $6)
      differs(kind, "folder", name, "-", $4 OFS $5 OFS $6)
    if ($1 == "file" && (look[name] != $3 " " $5 " " $6 || sum[name] != $7))
      differs(kind, "file", name, drifted(name), $4 OFS $5 OFS $6 OFS $7 OFS $8 OFS $9)
    if ($1 == "unit") {
      on = enabled[name] ~ /^(enabled|enabled-runtime|static|indirect|alias|generated)$/
      off = enabled[name] !~ /^(enabled|enabled-runtime)$/
      runs = active[name] ~ /^(active|reloading|refreshing|activating)$/
      if (($3 ? !on : !off) || runs != $4) differs("change", "unit", name, "-", "-")
    }
  }
  finish()
  for (p = 1; p <= olds; p++) {
    part = oldParts[p]
    if (part in isWanted) continue
    begin(part, oldConfirm[part], "-", 1)
    finish()
  }
}
# Ends a part with what an earlier bundle held there and this one does not.
function finish(   n, field) {
  if (!number) return
  for (n = 1; n <= lefts; n++) {
    split(left[n], field, OFS)
    if (field[1] != part || (field[2], field[3]) in wanted || (number, field[2], field[3]) in told) continue
    told[number, field[2], field[3]] = 1
    if (field[2] == "unit") {
      if (enabled[field[3]] ~ /^enabled/ || active[field[3]] ~ /^(active|reloading|activating)$/)
        differs("remove", "unit", field[3], "-", "-")
    } else if (field[3] in there)
      differs("remove", field[2], field[3], field[2] == "file" ? drifted(field[3]) : "-",
        "-" OFS "-" OFS "-" OFS "-" OFS field[4])
  }
  number = 0
}
'

# Forgets the packages that are carried only for hosts whose Debian has no new enough one of its own.
leave_needless() {
  awk -F "$tab" '$1 == "carried" && $6 != "" { print $2, $6, $7 }' "$work/manifest" |
    while read -r carried name least; do
      # What was carried once stays in use.
      [ "$(dpkg-query -W -f '${db:Status-Status}' "$carried" 2>/dev/null)" != installed ] || continue
      own=$(apt-cache policy "$name" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }')
      [ "${own:-(none)}" != '(none)' ] && dpkg --compare-versions "$own" ge "$least" || continue
      awk -F "$tab" -v carried="$carried" '$1 != "carried" || $2 != carried' "$work/manifest" >"$work/needed" &&
        mv "$work/needed" "$work/manifest"
    done
}

# Looks at all that the manifests name, and compares.
compare() {
  leave_needless
  set --
  for file in "$state"/parts/*/manifest; do [ ! -e "$file" ] || set -- "$@" "$file"; done
  set -- "$@" stage=unfinished
  for file in "$state"/parts/*/unfinished; do [ ! -e "$file" ] || set -- "$@" "$file"; done
  cd "$work" || return 1
  : >folder && : >file && : >package && : >account && : >unit && : >parts
  awk -F "$tab" '
    /^(file|folder|package|carried|account|unit)\t/ {
      list = $1 == "carried" ? "package" : $1
      if (!seen[list, $2]++) print $2 > list
    }' manifest "$@"
  cat folder file | xargs -r -d '\n' stat --printf '%f\t%U\t%G\t%Y\t%n\n' -- >stat 2>/dev/null &
  xargs -r -d '\n' sha256sum -- <file >sums 2>/dev/null &
  xargs -r -d '\n' dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Version}\n' <package >packages 2>/dev/null &
  xargs -r -d '\n' getent passwd <account >accounts 2>/dev/null &
  xargs -r -d '\n' systemctl show --property=UnitFileState,ActiveState -- <unit >units 2>/dev/null &
  wait
  awk -v work="$work" "$comparison" stage=wanted manifest stage=old "$@" stage=stat stat stage=sums sums \
    stage=packages packages stage=accounts accounts stage=unit unit stage=units units >&5
  cd / || return 1
}

# Tells what is known of files that somebody changed by hand: when, who, and what stands there now.
tell_drift() {
  [ -e "$work/$1.changes" ] || return
  while IFS=$tab read -r _ what path when _ _ _ _ secret _ <&3; do
    [ "$what" = file ] && [ "$when" != - ] || continue
    # The folder was written when the file was taken away.
    if [ "$when" = gone ]; then when=$(stat -c %Y -- "${path%/*}" 2>/dev/null) || continue; fi
    content=-
    if [ "$secret" = 0 ] && [ -f "$path" ] && [ "$(stat -c %s -- "$path")" -le 65536 ]; then
      # -I: no binary file has a line.
      if [ ! -s "$path" ] || grep -qI '' "$path"; then content==$(base64 -w 0 <"$path"); fi
    fi
    say drift "$1" "$path" "$when" "=$(sudo_at "$path" "$when" "$secret" | base64 -w 0)" \
      "=$(sessions_at "$when" | base64 -w 0)" "$content"
  done 3<"$work/$1.changes"
}

# Whether what runs for part N is what its last application left, by its `observe` command.
compare_observed() {
  left=$state/parts/$2/observed
  [ -e "$state/parts/$2/manifest" ] && [ ! -e "$state/parts/$2/unfinished" ] && holds "$work/$1.part" observe || return 0
  run_all observe "$work/$1.part" 30
  ! cmp -s "$left" "$work/said" || return 0
  say change "$1" change state "$2"
  printf 'change\tstate\t%s\t-\t-\n' "$2" >>"$work/$1.changes"
  # Nobody looked before: there is nothing to compare with.
  [ ! -e "$left" ] || say drift "$1" "$2" - - - "=$(diff -U 2 "$left" "$work/said" | tail -n +3 | head -c 16384 | base64 -w 0)"
}

# Who used sudo with the path (or its folder) within a minute before, as `user (sudo command)`.
sudo_at() {
  journal sudo "$(($2 - 60))" "$(($2 + 1))" _EXE=/usr/bin/sudo | awk -v path="$1" -v folder="${1%/*}" -v secret="$3" '
    (at = index($0, "COMMAND=")) {
      line = $0 " "
      exact = index(line, path)
      if (!exact && !index(line, " " folder " ") && !index(line, " " folder "/ ")) next
      command = substr($0, at + 8, 200)
      # The rest of the command may hold what the file holds.
      if (secret != "0") sub(/ .*/, "", command)
      # Naming the file itself says more than naming its folder.
      if (exact || best == "") best = $4 " (sudo " command ")"
    }
    END { if (best != "") print best }'
}

# Who was logged in over SSH, as `user (address)`, a line each.
sessions_at() {
  for name in sshd sshd-session; do journal "$name" "$(($1 - 43200))" "$(($1 + 1))" _UID=0; done | awk -v at="$1" '
    $4 == "Accepted" { open[$7 " (" $9 ")" FS $11] = 1 }
    # Times of files are known to the second.
    $1 + 0 >= at + 0 { next }
    $4 == "Disconnected" && $6 == "user" { delete open[$7 " (" $8 ")" FS $10] }
    $4 == "Connection" && $7 == "user" { delete open[$8 " (" $9 ")" FS $11] }
    END { for (key in open) { sub(/ [^ ]*$/, "", key); if (!told[key]++) print key } }' | sort | head -n 10
}

# What a program of this name said, where a FIELD of the kernel's word says that it was it: anybody may write to the
# journal under any name.
journal() {
  timeout 5 journalctl --quiet --no-pager --output=short-unix --identifier="$1" --since="@$2" --until="@$3" "$4" \
    </dev/null 2>/dev/null 5>&- | head -n 20000
}
