#!/bin/sh
# shellcheck disable=SC1112  # French apostrophes
# usage: ensure-npm-packages.sh [--dev]
#
# Installs the npm packages of the lockfile when they are missing or when the lockfile changed since. Without --dev,
# only those that running Poterne needs; development packages that are already there stay.
#
# A copy of the lockfile inside node_modules is the stamp of a finished installation: npm removes the whole folder
# before it begins, so one that was interrupted leaves no stamp.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

dev=no
[ "${1:-}" = --dev ] && dev=yes

lock=$root/package-lock.json
modules=$root/node_modules
stamp=$modules/.poterne-lock.json
stamp_dev=$modules/.poterne-lock-dev.json

good() {
  cmp -s "$lock" "$stamp_dev" || { [ "$dev" = no ] && cmp -s "$lock" "$stamp"; }
}

# Somebody may have run npm by hand, or the folder may be shared and read-only: look at what is really there.
adopt() {
  installed=$(node "$root/scripts/installed-packages.mjs" "$root")
  case $installed in
    dev) adopted=$stamp_dev ;;
    user) adopted=$stamp ;;
    *) return 1 ;;
  esac
  [ -w "$modules/" ] && cp "$lock" "$adopted"
  [ "$installed" = dev ] || [ "$dev" = no ]
}

good && exit 0

require_node

# Two first starts at once would undo each other's work.
if [ -r "$lock" ] && command -v flock >/dev/null; then
  exec 9<"$lock"
  flock 9
  good && exit 0
fi

adopt && exit 0

if [ -e "$modules" ]; then writable=$modules; else writable=$root; fi
if ! [ -w "$writable/" ]; then
  die 2 \
    "Poterne's npm packages are missing or out of date, and $writable is not writable.
Run this once as its owner: $root/scripts/ensure-npm-packages.sh" \
    "Les paquets npm de Poterne manquent ou sont périmés, et $writable n’est pas accessible en écriture.
À lancer une fois avec le compte qui en est propriétaire : $root/scripts/ensure-npm-packages.sh"
fi
if ! command -v npm >/dev/null; then
  die 2 \
    'Poterne needs npm to install its packages, and there is no "npm" in PATH. On Debian 13: apt install npm.' \
    'Poterne a besoin de npm pour installer ses paquets, et aucun « npm » ne se trouve dans PATH. Sous Debian 13 : apt install npm.'
fi

# Development packages of an older lockfile are recognised by the test runner.
[ -d "$modules/vitest" ] && dev=yes

if [ "$dev" = yes ]; then
  say "Installing Poterne's npm packages, with those for development, in $modules…" \
    "Installation des paquets npm de Poterne, avec ceux du développement, dans $modules…"
  set -- --include=dev
  stamp=$stamp_dev
else
  say "Installing Poterne's npm packages in $modules…" \
    "Installation des paquets npm de Poterne dans $modules…"
  set -- --omit=dev
fi

cd "$root"
if ! npm ci "$@" --no-audit --no-fund --no-update-notifier --loglevel=error >&2; then
  die 1 \
    'npm could not install the packages (see above). Once the cause is gone, run the same command again.' \
    'npm n’a pas pu installer les paquets (voir plus haut). Une fois la cause levée, relancez la même commande.'
fi
cp "$lock" "$stamp"
