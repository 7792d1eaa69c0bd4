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
scripts/ensure-debian-packages.sh bind9 chromium fail2ban iproute2 libfaketime libnginx-mod-http-js libnginx-mod-http-modsecurity libnginx-mod-stream modsecurity-crs nftables nginx openssl pebble postgresql python3-systemd slapd slowhttptest testssl.sh

# Everything runs, so that one run tells everything.
status=0
node_modules/.bin/biome check . || status=$?
node_modules/.bin/tsc --noEmit || status=$?
lab=
if lab/can-run.sh; then lab=vitest.lab.config.ts; fi
# shellcheck disable=SC2086 # One word or none.
node_modules/.bin/tsx scripts/run-tests.ts vitest.config.ts $lab -- "$@" || status=$?
exit "$status"
