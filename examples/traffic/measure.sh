#!/bin/sh
# Stands for the monitoring, for trying things out: `measure.sh failed` prints what the new version has of it.
# A file `broken` makes it bad.
set -eu
cd "$(dirname "$0")"
if test -e broken; then failed=7000; else failed=40; fi
case $1 in
  failed)     echo $failed ;;     # of a hundred thousand requests
  complaints) echo 30 ;;          # of a thousand users
  p95)        echo 210 ;;         # milliseconds
esac
