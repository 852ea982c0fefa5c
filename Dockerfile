# One image for the API, the workers and the migration; the command chooses: /app/bin/api, /app/bin/worker, /app/bin/migrate.

FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /src
# Packaging the modules while they are still empty fetches the dependencies and plugins the real build needs.
# The layer is used again until a pom changes. (dependency:go-offline cannot do this: it looks for our own modules.)
COPY pom.xml ./
COPY client/pom.xml client/
COPY testbed/pom.xml testbed/
COPY common/pom.xml common/
COPY worker/pom.xml worker/
COPY api/pom.xml api/
COPY bench/pom.xml bench/
RUN mvn -B -q -DskipTests -pl api,worker -am package
COPY sql sql
COPY client/src client/src
COPY testbed/src testbed/src
COPY common/src common/src
COPY worker/src worker/src
COPY api/src api/src
# Tests and formatting belong to `mvn verify`, which has to pass before anything is deployed.
RUN mvn -B -DskipTests -Dspotless.check.skip=true -pl api,worker -am clean package

FROM eclipse-temurin:17-jre-jammy
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin jobtrail
WORKDIR /app
# Libraries before our own code: they change seldom.
COPY --from=build /src/api/target/lib api/lib
COPY --from=build /src/worker/target/lib worker/lib
COPY --from=build /src/api/target/api.jar api/api.jar
COPY --from=build /src/worker/target/worker.jar worker/worker.jar
COPY docker bin
USER 10001
EXPOSE 8000
CMD ["/app/bin/api"]
