#!/usr/bin/env bash
# Builds what has changed, then throws wrong requests at every operation of a whole system. --help tells the options.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mvn -q -B -Dstyle.color=never -f "$root/pom.xml" -DskipTests -Dspotless.check.skip=true package
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx512m -jar "$root/bench/target/bench.jar" fuzz --checkout "$root" "$@"
