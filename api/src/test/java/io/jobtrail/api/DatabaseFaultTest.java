package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.testing.Together;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Postgres is there, but does not do what it should. No answer may take longer than the client of the tests waits. */
class DatabaseFaultTest {
    private static final String JOB = "{\"handler\":\"echo\"}";
    private static final Duration SOON = Duration.ofSeconds(20);

    @AutoClose
    private final RunningApi api = RunningApi.start();

    @Test
    void aServerThatTakesNoWritesIsLeftAsSoonAsItTakesThemAgain() {
        var earlier = api.enqueue(JOB).is(202).jobId();
        api.database.asOwner(
                "ALTER DATABASE " + databaseName() + " SET default_transaction_read_only = on", killSessions());
        await().atMost(SOON)
                .untilAsserted(() -> api.enqueue(JOB, "Idempotency-Key", "k1")
                        .isProblem(503, "DATABASE_UNAVAILABLE", null)
                        .says("No job was accepted"));
        api.get("/pipeline/status/" + earlier).is(200);

        // The pooled connections of the time before still take no writes.
        api.database.asOwner(
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
                "ALTER DATABASE " + databaseName() + " RESET default_transaction_read_only");
        await().atMost(SOON)
                .until(() -> api.enqueue(JOB, "Idempotency-Key", "k1").status() == 202);
        api.assertHolds(2, 0);
    }

    @Test
    void aLockedTableMakesNobodyWaitForLongAndLeavesNoJob() throws SQLException {
        try (var owner = api.database.connect();
                var statement = owner.createStatement()) {
            owner.setAutoCommit(false);
            statement.execute("LOCK TABLE pipeline_jobs IN ACCESS EXCLUSIVE MODE");
            var answers = Together.run(4, i -> i < 3 ? enqueue(i) : api.get("/pipeline/jobs/recent"));
            answers.forEach(answer -> assertThat(
                            answer.isProblem(503, "DATABASE_UNAVAILABLE", null).header("Retry-After"))
                    .matches("\\d+"));
            answers.get(0).says("No job was accepted");
            owner.rollback();
        }
        api.assertHolds(0, 0);
        for (int i = 0; i < 3; i++) {
            enqueue(i).is(202);
        }
        api.assertHolds(3, 0);
    }

    @Test
    void aShortLockIsWaitedFor() throws Exception {
        try (var owner = api.database.connect();
                var statement = owner.createStatement()) {
            owner.setAutoCommit(false);
            statement.execute("LOCK TABLE pipeline_jobs IN ACCESS EXCLUSIVE MODE");
            var answer = CompletableFuture.supplyAsync(() -> api.enqueue(JOB));
            await().atMost(SOON)
                    .until(() -> (Long)
                                    api.database.ask(
                                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'pipeline_jobs'::regclass")
                            > 0);
            owner.rollback();
            answer.get().is(202);
        }
    }

    @Test
    void withoutAFreeConnectionNothingIsAcceptedUntilThereIsOne() {
        var role = "limited_" + databaseName();
        api.database.asOwner(
                "CREATE ROLE " + role + " LOGIN",
                "GRANT jobtrail_runtime TO " + role,
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);
        var url = api.database.environmentUrl().replaceFirst("//[^@]*@", "//" + role + "@");
        try (var limited = RunningApi.on(api.database, url)) {
            limited.enqueue(JOB).is(202);
            api.database.asOwner("ALTER ROLE " + role + " CONNECTION LIMIT 0", killSessions());
            var refused = Together.run(
                    2, i -> i == 0 ? limited.enqueue(JOB, "Idempotency-Key", "k1") : limited.get("/pipeline/stats"));
            refused.forEach(answer -> assertThat(
                            answer.isProblem(503, "DATABASE_UNAVAILABLE", null).header("Retry-After"))
                    .matches("\\d+"));
            api.assertHolds(1, 0);

            api.database.asOwner("ALTER ROLE " + role + " CONNECTION LIMIT -1");
            await().atMost(SOON)
                    .until(() -> limited.enqueue(JOB, "Idempotency-Key", "k1").status() == 202);
            api.assertHolds(2, 0);
        } finally {
            api.database.asOwner(killSessions(), "DROP OWNED BY " + role, "DROP ROLE " + role);
        }
    }

    @Test
    void connectionsKilledAllTheTimeLoseAndDoubleNothing() {
        var enoughKilled = 15;
        var begun = new AtomicInteger();
        var tries = new AtomicInteger();
        var busy = new AtomicInteger(4);
        var killed = new AtomicLong();
        Together.run(5, thread -> {
            if (thread == 4) {
                while (busy.get() > 0) {
                    var before = tries.get();
                    killed.addAndGet((Long) api.database.ask(killSessions()));
                    await().pollDelay(Duration.ZERO).until(() -> tries.get() > before || busy.get() == 0);
                }
                return null;
            }
            while (killed.get() <= enoughKilled) {
                var key = "k" + begun.getAndIncrement();
                await().atMost(SOON).pollDelay(Duration.ZERO).until(() -> {
                    tries.incrementAndGet();
                    var answer = api.enqueue(
                            "{\"handler\":\"echo\",\"input\":{\"key\":\"" + key + "\"}}", "Idempotency-Key", key);
                    assertThat(answer.status()).as(answer.text()).isIn(200, 202, 503);
                    return answer.status() != 503;
                });
            }
            busy.decrementAndGet();
            return null;
        });
        assertThat(killed.get()).isGreaterThan(enoughKilled);
        api.assertHolds(begun.get(), 0);
        assertThat(IntStream.range(0, begun.get()))
                .allMatch(i -> api.database
                        .ask(
                                "SELECT count(*) FROM pipeline_jobs WHERE payload->'input'->>'key' = idempotency_key"
                                        + " AND idempotency_key = ?",
                                "k" + i)
                        .equals(1L));
        assertThat(api.database.reader().verifyTrail(null)).isEmpty();
    }

    private Answer enqueue(int number) {
        return api.enqueue(JOB, "Idempotency-Key", "k" + number);
    }

    private String databaseName() {
        return (String) api.database.ask("SELECT current_database()::text");
    }

    private static String killSessions() {
        return "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'jobtrail api'";
    }
}
