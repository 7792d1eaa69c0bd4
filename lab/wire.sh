#!/bin/sh
# usage: wire.sh NETNS SWITCH FOLDER
#
# Gives a host a network namespace as it is when the machine is powered on: what an earlier boot left (addresses,
# firewall, tunnels) goes. FOLDER holds plug, unplug, network (for `ip -batch`) and sysctl.
set -eu
netns=$1
switch=$2
folder=$3

if [ -e "/run/netns/$netns" ]; then
  # The kernel takes namespaces away in its own time; the names of the cables are needed now.
  ip -netns "$switch" -force -batch "$folder/unplug" 2>/dev/null || :
  ip netns delete "$netns"
fi
ip netns add "$netns"
[ ! -s "$folder/sysctl" ] || nsenter --net="/run/netns/$netns" sysctl --quiet --load="$folder/sysctl"
ip -netns "$switch" -batch "$folder/plug"
ip -netns "$netns" -batch "$folder/network"
