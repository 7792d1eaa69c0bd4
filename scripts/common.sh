# shellcheck shell=sh
# Sourced by the other scripts: messages in the reader's language, and the check of Node.

# say ENGLISH FRENCH: one of the two on standard error, chosen as src/i18n/index.ts does.
say() {
  case ${POTERNE_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
    [Ff][Rr]*) printf '%s\n' "$2" >&2 ;;
    *) printf '%s\n' "$1" >&2 ;;
  esac
}

# die STATUS ENGLISH FRENCH
die() {
  say "$2" "$3"
  exit "$1"
}

# Leaves with 2 unless Node 20.12 or later (the `engines` of package.json) is there.
require_node() {
  if ! version=$(node --version 2>/dev/null); then
    die 2 \
      'Poterne needs Node 20.12 or later, and there is no "node" in PATH.
On Debian 13: apt install nodejs npm. On Debian 12: see https://nodejs.org/en/download.' \
      'Poterne a besoin de Node 20.12 ou plus récent, et aucun « node » ne se trouve dans PATH.
Sous Debian 13 : apt install nodejs npm. Sous Debian 12 : voir https://nodejs.org/fr/download.'
  fi
  major=${version#v}
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  if [ "$major" -lt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -lt 12 ]; }; then
    die 2 \
      "Poterne needs Node 20.12 or later; the \"node\" in PATH is $version.
On Debian 13: apt install nodejs npm. On Debian 12: see https://nodejs.org/en/download." \
      "Poterne a besoin de Node 20.12 ou plus récent ; le « node » trouvé dans PATH est $version.
Sous Debian 13 : apt install nodejs npm. Sous Debian 12 : voir https://nodejs.org/fr/download."
  fi
}
