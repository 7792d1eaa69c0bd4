# Debian packages without anybody to ask. Whoever uses it has `quietly` run a command and keep its words in $work/said,
# `say` tell who waits, and $patience, in seconds.

apt() {
  quietly env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get --quiet --yes \
    -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o Acquire::Retries=2 -o DPkg::Lock::Timeout="${lock_seconds:-0}" "$@"
}

# The same, mending what commonly stands in the way once each; what was mended is in $mended.
mended_apt() {
  lock_seconds=0
  waited=0
  mended=
  while ! apt "$@"; do
    # Without the E, apt only tells that it waits.
    if grep -qE 'E: (Could not get lock /var/lib/dpkg/|Unable to acquire the dpkg frontend lock)' "$work/said"; then
      [ "$lock_seconds" = 0 ] || return 1
      say waiting dpkg
      lock_seconds=$patience
    elif grep -q 'E: Could not get lock' "$work/said"; then
      # apt waits for dpkg's lock alone.
      [ "$waited" -lt "$patience" ] || return 1
      [ "$waited" -gt 0 ] || say waiting dpkg
      sleep 2
      waited=$((waited + 2))
    elif grep -q 'dpkg --configure -a' "$work/said" && [ "$mended" != dpkg ]; then
      # An installation was cut off, ours perhaps.
      mended=dpkg
      quietly env DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a || return 1
    elif grep -qE 'Unable to locate package|has no installation candidate|Failed to fetch' "$work/said" &&
      [ "$1" != update ] && [ "$mended" != lists ]; then
      mended=lists
      cp "$work/said" "$work/said.first"
      # Why the lists cannot be had is seldom what is wrong.
      apt update || { mv "$work/said.first" "$work/said" && return 1; }
    else
      return 1
    fi
  done
}
