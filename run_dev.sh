#!/usr/bin/env bash
# Starts a whole Jobtrail on this machine: Postgres, Redis, the API and three worker processes.
# This script only makes sure that there is a JDK and that the jars are built; the rest is done by testbed's DevStack.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: ./run_dev.sh [demo [FILE...]] [--port N] [--no-workers] [--reset]

Starts Postgres, Redis, the API and three worker processes (urgent, default, slow), and stops them all at Ctrl-C.
Needs a JDK (17 or newer) and Maven, nothing else.

  demo [FILE...]  send the files (default: those in samples/) through the pipeline, print each change of state, the
                  result and the verified trail, and stop; exit code 0 only if every job finished
  --port N        port of the API (default: PORT, else 8000; when it is taken, the next free one)
  --no-workers    start no workers, for example to run one in a debugger
  --reset         delete the data of the servers started here before
  --help          this text

DATABASE_URL and REDIS_URL name servers to use. Without them Postgres and Redis are started here, with their data kept in
.dev/: those installed on the machine, else the embedded ones (always those with JOBTRAIL_TESTBED=embedded).
Settings are also read from .env in the working directory. Logs go to .dev/logs/.
HELP
}

fail() {
    echo "run_dev.sh: $*" >&2
    exit 1
}

for argument in "$@"; do
    case $argument in
        --help | -h)
            usage
            exit 0
            ;;
    esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jars="api/target/api.jar worker/target/worker.jar testbed/target/testbed.jar"
stamp=$root/testbed/target/run_dev.built

java=java
if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
fi
command -v "$java" > /dev/null \
    || fail "no java found ($java). Install a JDK, 17 or newer (Debian and Ubuntu: apt-get install openjdk-17-jdk), or set JAVA_HOME."
version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = //p')
case $version in
    '' | 1.* | [0-9] | 1[0-6]) fail "Java 17 or newer is needed, and $(command -v "$java") is version ${version:-unknown}. Set JAVA_HOME to a newer JDK." ;;
esac

# True when a jar is missing, or a source is newer than the last build.
needs_build() {
    local jar
    [ -f "$stamp" ] || return 0
    for jar in $jars; do
        [ -f "$root/$jar" ] || return 0
    done
    [ -n "$(cd "$root" && find pom.xml sql ./*/pom.xml ./*/src/main -newer "$stamp" -print -quit)" ]
}

build() {
    command -v mvn > /dev/null \
        || fail "Maven is needed to build Jobtrail, and there is no mvn on PATH (Debian and Ubuntu: apt-get install maven)."
    "$java" --list-modules | grep -q '^jdk\.compiler' \
        || fail "$(command -v "$java") belongs to a Java runtime without compiler. Install a JDK, or set JAVA_HOME to one."
    echo "Building (the first time this downloads the libraries and takes some minutes) ..."
    local begun
    begun=$(mktemp)
    # Formatting is checked by mvn verify; it should not keep anybody from trying a change.
    mvn -q -B -Dstyle.color=never -f "$root/pom.xml" -pl api,worker,testbed -am -DskipTests -Dspotless.check.skip=true package \
        || { rm -f "$begun"; fail "the build failed; the lines above say why."; }
    # The time at which the build began, so that what was edited meanwhile is built the next time.
    touch -r "$begun" "$stamp"
    rm -f "$begun"
}

if needs_build; then
    build
fi

exec "$java" -Xmx160m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djobtrail.home="$root" \
    -cp "$root/testbed/target/testbed.jar:$root/testbed/target/lib/*" io.jobtrail.testbed.DevStack "$@"
