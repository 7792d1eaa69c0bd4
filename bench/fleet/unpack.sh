#!/bin/sh
# usage: unpack.sh FOLDER: what clush brought back, a folder a server
cd "$1" || exit
for tar in *; do
  host=${tar#fichiers.tar.}
  mkdir "$host" && tar -C "$host" -xf "$tar" && rm "$tar" || exit
done
