#!/bin/sh
# A router for trying things out: a file holds the share of traffic that goes to the new version.
# `edge.sh set PERCENT` sets it, `edge.sh read` prints it.
set -eu
file=$(dirname "$0")/edge.share
case $1 in
  set)  echo "$2" > "$file" ;;
  read) cat "$file" 2>/dev/null || echo 0 ;;
esac
