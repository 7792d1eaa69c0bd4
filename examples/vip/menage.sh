#!/bin/sh
# Removes what Fichier_fourni.sh leaves in /tmp.
set -eu

find /tmp -maxdepth 1 -type f -name 'fichier_*log.txt' -print -delete
