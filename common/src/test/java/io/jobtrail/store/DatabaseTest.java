package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseTest {
    @AutoClose
    private static final JobtrailDatabase own = JobtrailDatabase.fresh();

    private static final Database database = own.runtime();

    @BeforeAll
    static void open() {
        own.asOwner("CREATE TABLE notes (text text PRIMARY KEY)", "GRANT ALL ON notes TO jobtrail_runtime");
    }

    @Test
    void parametersOfEveryKindArrive() {
        var now = Instant.parse("2026-01-02T03:04:05.123456Z");
        assertThat(database.first("SELECT ?::timestamptz AS t", row -> Database.instant(row, "t"), now))
                .contains(now);
        assertThat(database.first(
                        "SELECT ?::timestamptz AS t", row -> Database.instant(row, "t") == null, (Object) null))
                .contains(true);
        assertThat(database.list(
                        "SELECT unnest(?)",
                        row -> row.getString(1),
                        Database.array("text", Arrays.asList("a", null, "b,\"{}\\"))))
                .containsExactly("a", null, "b,\"{}\\");
    }

    /** Nor a connection, if Postgres comes back. */
    @Test
    void whatIsClosedInAnOutageLeavesNoThreadThatGoesOnTrying() {
        var nowhere =
                new Database(DatabaseUrl.parse("postgresql://nobody@127.0.0.1:1/none"), "closed-in-an-outage", 1, 1);
        await().until(() -> nowhere.fault().isPresent());
        nowhere.close();
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("closed-in-an-outage")));
    }

    @Test
    void aTransactionThatFailsLeavesNothing() {
        assertThatThrownBy(() -> database.inTransaction(connection -> {
                    Database.update(connection, "INSERT INTO notes VALUES ('rolled back')");
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(notes("rolled back")).isZero();
        assertThat(database.<Integer>inTransaction(
                        connection -> Database.update(connection, "INSERT INTO notes VALUES ('kept')")))
                .isEqualTo(1);
        assertThat(notes("kept")).isEqualTo(1);
        assertThat(database.update("INSERT INTO notes VALUES ('after')"))
                .as("commits by itself again")
                .isEqualTo(1);
        assertThat(notes("after")).isEqualTo(1);
    }

    @Test
    void anErrorInATransactionRollsBackToo() {
        assertThatThrownBy(() -> database.inTransaction(connection -> {
                    Database.update(connection, "INSERT INTO notes VALUES ('error')");
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThat(notes("error")).isZero();
    }

    @Test
    void workOfOneNameRunsOnceAtATime() {
        var ran = new AtomicInteger();
        database.exclusively("sweep", () -> {
            ran.incrementAndGet();
            database.exclusively("sweep", () -> ran.addAndGet(100));
            database.exclusively("other", () -> ran.addAndGet(10));
        });
        assertThat(ran).hasValue(11);
        database.exclusively("sweep", ran::incrementAndGet);
        assertThat(ran).hasValue(12);
    }

    @Test
    void workThatFailsGivesTheNameFree() {
        assertThatThrownBy(() -> database.exclusively("failing", () -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        var ran = new AtomicInteger();
        database.exclusively("failing", ran::incrementAndGet);
        assertThat(ran).hasValue(1);
    }

    @Test
    void aWrongStatementIsNoReasonToTryAgain() {
        var failure = failureOf(() -> database.update("INSERT INTO notes VALUES ('twice'), ('twice')"));
        assertThat(failure.sqlState()).isEqualTo("23505");
        assertThat(failure.isUnavailable()).isFalse();
        assertThat(failure.isTransient()).isFalse();
        assertThat(failure).hasMessageStartingWith("INSERT INTO notes");
    }

    @Test
    void aKilledConnectionIsAReasonToTryAgainAndTheNextOneWorks() {
        var failure = failureOf(() -> database.inTransaction(connection -> {
            var pid = Database.list(connection, "SELECT pg_backend_pid()", row -> row.getInt(1))
                    .get(0);
            own.asOwner("SELECT pg_terminate_backend(" + pid + ")");
            return Database.list(connection, "SELECT 1", row -> row.getInt(1));
        }));
        assertThat(failure.isUnavailable()).isTrue();
        assertThat(failure.isTransient()).isTrue();
        assertThat(database.first("SELECT 1", row -> row.getInt(1))).contains(1);
    }

    @Test
    void connectionsKilledWhileIdleAreReplaced() {
        database.first("SELECT 1", row -> row.getInt(1));
        own.asOwner("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
        var failures = 0;
        for (int i = 0; i < 20; i++) {
            try {
                assertThat(database.first("SELECT current_user", row -> row.getString(1)))
                        .contains("jobtrail_runtime");
            } catch (DatabaseFailure e) {
                assertThat(e.isUnavailable()).isTrue();
                failures++;
            }
        }
        assertThat(failures).isLessThanOrEqualTo(12);
    }

    @Test
    void aFirstConnectionThatBreaksDoesNotSpoilThePool() {
        try (var proxy = TcpProxy.to(TestServers.postgres().port())) {
            proxy.cutAnswersTo("TRANSACTION ISOLATION LEVEL", 1);
            try (var through = through(proxy)) {
                await().ignoreExceptionsInstanceOf(DatabaseFailure.class)
                        .atMost(Duration.ofSeconds(30))
                        .until(() ->
                                through.first("SELECT 1", row -> row.getInt(1)).isPresent());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConnectionThatBreaksIsSaidToBeBroken(boolean reset) {
        try (var proxy = TcpProxy.to(TestServers.postgres().port());
                var through = through(proxy)) {
            var failure = failureOf(() -> through.inTransaction(connection -> {
                proxy.cut(reset);
                return Database.list(connection, "SELECT 1", row -> row.getInt(1));
            }));
            assertThat(failure.whyUnavailable()).isEqualTo("the connection was broken off");
        }
    }

    @Test
    void whatPostgresBreaksOffIsTransient() {
        var failure = failureOf(() -> database.inTransaction(connection -> {
            Database.list(connection, "SELECT set_config('statement_timeout', '20', true)", row -> row.getString(1));
            return Database.list(connection, "SELECT pg_sleep(10)", row -> row.getString(1));
        }));
        assertThat(failure.sqlState()).isEqualTo("57014");
        assertThat(failure.isUnavailable()).isFalse();
        assertThat(failure.isTransient()).isTrue();
    }

    @Test
    void aDatabaseThatIsAwayIsAnErrorOfTheFirstCall() {
        var nobodyListens = DatabaseUrl.parse("postgres://u:secret@127.0.0.1:1/x");
        var second = Duration.ofSeconds(1);
        try (var away = new Database(nobodyListens, "away", 0, 1, second, second)) {
            var failure = failureOf(() -> away.list("SELECT 1", row -> row.getInt(1)));
            assertThat(failure.isUnavailable()).isTrue();
            assertThat(failure.getMessage()).contains("refused").doesNotContain("secret");
            assertThat(failure.whyUnavailable()).isEqualTo("connection refused: nobody listens there");
        }
    }

    private static Database through(TcpProxy proxy) {
        var url = own.environmentUrl().replace(":" + TestServers.postgres().port() + "/", ":" + proxy.port() + "/");
        return new Database(DatabaseUrl.parse(url), "through", 0, 1);
    }

    private static DatabaseFailure failureOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        var failure = catchThrowableOfType(DatabaseFailure.class, call);
        assertThat(failure).isNotNull();
        return failure;
    }

    private static int notes(String text) {
        return database.list("SELECT text FROM notes WHERE text = ?", row -> row.getString(1), text)
                .size();
    }
}
