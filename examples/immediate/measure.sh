#!/bin/sh
# Stands for the monitoring, for trying things out: `measure.sh errors web-1` prints what a host has of it.
set -eu
case $1 in
  errors)   echo 0.2 ;;      # per cent of the requests
  response) echo 180 ;;      # milliseconds
  undone)   echo 0.2 ;;      # per cent of the work
esac
