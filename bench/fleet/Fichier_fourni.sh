#!/bin/sh
# usage: Fichier_fourni.sh WORD [FOLDER]: what the vendor gave. It leaves a short file and a longer one, and says so.
cd "${2:-/tmp}" || exit
rm -f fichier_*log.txt
echo "$1 on $(hostname) as $(id -un)" >fichier_etat_log.txt
seq 1 2000 >fichier_liste_log.txt
echo "done: $1"
