#!/bin/sh
# What `npm test` runs, also on a fresh clone: installs what the tests need, then checks style, types and behaviour; on
# real hosts too (lab/), where this machine can boot them. Arguments go to vitest: `npm test -- src/lib` runs the tests,
# of either kind, whose files are called so. The last line of output is the counts of all.
set -eu

cd "$(dirname -- "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

require_node
scripts/ensure-npm-packages.sh --dev
scripts/ensure-debian-packages.sh bind9 chromium iproute2 libnginx-mod-http-js libnginx-mod-http-modsecurity libnginx-mod-stream modsecurity-crs nftables nginx openssl pebble postgresql slapd testssl.sh

POTERNE_TEST_COUNTS=$(mktemp)
export POTERNE_TEST_COUNTS
trap 'rm -f "$POTERNE_TEST_COUNTS"' EXIT

# Everything runs, so that one run tells everything.
status=0
node_modules/.bin/biome check . || status=$?
node_modules/.bin/tsc --noEmit || status=$?
runs=1
# What was asked for may be of the other kind.
node_modules/.bin/vitest run --passWithNoTests "$@" || status=$?
if lab/can-run.sh; then
  runs=2
  node_modules/.bin/vitest run --config vitest.lab.config.ts --passWithNoTests "$@" || status=$?
fi

passed=0 failed=0 skipped=0 told=0
while read -r p f s; do
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s)) told=$((told + 1))
done <"$POTERNE_TEST_COUNTS"
# One that ended without telling has failed, and so has one that ran nothing.
if [ "$told" -lt "$runs" ] || [ $((passed + failed)) -eq 0 ]; then
  failed=$((failed + 1))
  [ "$status" -ne 0 ] || status=1
fi
echo "tests: $passed passed, $failed failed, $skipped skipped"
exit "$status"
