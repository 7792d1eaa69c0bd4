#!/bin/sh
# What a vendor of schedulers gives to its customers, more or less: it looks around as the scheduler's own account, and
# leaves what it found in /tmp.
set -u

site=${1:?usage: Fichier_fourni.sh SITE}
report=/tmp/fichier_$(hostname)_log.txt

{
  echo "site:     $site"
  echo "server:   $(hostname)"
  echo "account:  $(id -un)"
  echo "kernel:   $(uname -r)"
  echo "date:     $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  echo "disk:"
  df -P /
} >"$report"
echo "$(hostname): $report written"
