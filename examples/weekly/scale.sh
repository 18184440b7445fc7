#!/bin/sh
# Stands for the cluster, for trying things out: `scale.sh 3 2` runs three replicas of the new version and two of the old.
set -eu
echo "new $1, old $2" > "$(dirname "$0")/replicas.version"
