#!/bin/sh
# usage: loop.sh CONFIG SCRIPT WORD ACCOUNT FOLDER HOST…: the loop of today, server after server
config=$1
script=$2
word=$3
account=$4
folder=$5
shift 5
name=${script##*/}
for host; do
  scp -q -F "$config" "$script" "$host:/tmp/$name" &&
    ssh -F "$config" "$host" "cp /tmp/$name /script/ && chmod 775 /script/$name && sudo -n su - $account -c '/script/$name $word'" &&
    mkdir -p "$folder/$host" &&
    scp -q -F "$config" "$host:/tmp/fichier_*log.txt" "$folder/$host/" || exit
done
