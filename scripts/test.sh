#!/bin/sh
# What `npm test` runs, also on a fresh clone: installs what the tests need, then checks style, types and behaviour.
# Arguments go to vitest. The last line of output is the counts that scripts/count-reporter.ts prints.
set -eu

cd "$(dirname -- "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

require_node
scripts/ensure-npm-packages.sh --dev
scripts/ensure-debian-packages.sh iproute2 libnginx-mod-stream nftables nginx openssl

# Everything runs, so that one run tells everything.
status=0
node_modules/.bin/biome check . || status=$?
node_modules/.bin/tsc --noEmit || status=$?
node_modules/.bin/vitest run "$@" || status=$?
exit "$status"
