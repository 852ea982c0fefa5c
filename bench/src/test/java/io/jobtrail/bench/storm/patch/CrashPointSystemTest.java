package io.jobtrail.bench.storm.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.bench.storm.check.Checker;
import io.jobtrail.bench.storm.check.Verdict;
import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.DatabaseLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.config.Json;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The packaged programs, each ended once at each crash point with a job of its own. Then whole ones take over, and the checker
 * looks at what they made of it.
 */
class CrashPointSystemTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path run;

    private static final Map<CrashPoint, Integer> exitCodes = new EnumMap<>(CrashPoint.class);
    private static final Map<CrashPoint, Long> crashed = new EnumMap<>(CrashPoint.class);
    private static final Map<CrashPoint, Boolean> found = new EnumMap<>(CrashPoint.class);
    private static final HttpClient http = HttpClient.newHttpClient();
    private static JobtrailDatabase database;
    private static ClientLedger client;
    private static History history;
    private static Verdict verdict;

    /** The later points first: what they leave behind is nothing that the processes after them could take. */
    @BeforeAll
    static void crashAtEachPointThenRecover() throws Exception {
        database = JobtrailDatabase.fresh();
        database.asOwner("INSERT INTO pipeline_handlers (name) VALUES ('" + LedgerHandler.NAME + "')");
        client = new ClientLedger(run);
        var points = Arrays.asList(CrashPoint.values().clone());
        Collections.reverse(points);
        try (var api = Launched.start(Program.API, "api", environment(60));
                var redis = new Redis(TestServers.redis().url(), 2, Duration.ofSeconds(2))) {
            for (var point : points) {
                crash(point, api);
            }
            try (var worker = Launched.start(Program.WORKER, "worker", environment(3))) {
                await().atMost(PATIENCE)
                        .until(() -> database.ask("SELECT count(*) FROM pipeline_jobs WHERE status = 'finished'")
                                .equals((long) points.size()));
            }
            var queue = new JobQueue(redis);
            try (var owner = database.connect()) {
                DatabaseLedger.write(
                        owner,
                        Arrays.stream(QueueName.values()).collect(Collectors.toMap(Function.identity(), queue::ids)),
                        run);
            }
        }
        history = History.read(run);
        verdict = Checker.check(history);
    }

    @AfterAll
    static void close() {
        client.close();
        database.close();
    }

    private static void crash(CrashPoint point, Launched api) throws Exception {
        var classes = run.resolve(point.name());
        point.compile(Launched.CHECKOUT, classes);
        boolean inApi = point.program() == Program.API;
        if (!inApi) {
            assertThat(submit(point, api)).isTrue();
        }
        try (var patched = Launched.start(point.program(), point.name(), environment(60), classes)) {
            crashed.put(point, patched.pid());
            if (inApi) {
                assertThat(submit(point, patched)).describedAs("got an answer").isFalse();
            }
            exitCodes.put(point, patched.exitCode(PATIENCE));
        }
        if (inApi) {
            assertThat(submit(point, api)).isTrue();
        }
    }

    /** Sends the job of a point, for the first time or again. @return whether it was acknowledged */
    private static boolean submit(CrashPoint point, Launched api) throws Exception {
        int n = point.ordinal();
        var text = "content of " + point;
        client.attempted(n, point.name(), LedgerHandler.sha256(text), ClientLedger.Expectation.FINISHES);
        try {
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create(api.url() + "/pipeline/enqueue"))
                            .header("Content-Type", "application/json")
                            .header("Idempotency-Key", point.name())
                            .POST(HttpRequest.BodyPublishers.ofString(Json.write(
                                    Map.of("handler", LedgerHandler.NAME, "input", Map.of("n", n, "text", text)))))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).describedAs(answer.body()).isIn(200, 202);
            var body = Json.MAPPER.readTree(answer.body());
            found.put(point, body.get("already_existed").asBoolean());
            client.acked(n, UUID.fromString(body.get("job_id").asText()), found.get(point));
            return true;
        } catch (IOException e) {
            client.unknown(n, e.toString());
            return false;
        }
    }

    private static Map<String, String> environment(int leaseSeconds) {
        return Map.of(
                "DATABASE_URL", database.environmentUrl(),
                "REDIS_URL", TestServers.redis().url(),
                "PORT", "0",
                "LEASE_SECONDS", Integer.toString(leaseSeconds),
                "HEARTBEAT_SECONDS", "1",
                "WORKER_CONCURRENCY", "1",
                "LEDGERS", run.toString());
    }

    @Test
    void nothingIsLostAndNoRuleIsBroken() {
        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict.attempted()).isEqualTo(CrashPoint.values().length);
        assertThat(verdict.ok()).isEqualTo(CrashPoint.values().length);
        assertThat(verdict.finished()).isEqualTo(CrashPoint.values().length);
        assertThat(verdict.doubleFinished()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void theProcessEndsAtThePointAndAnotherOneTakesOver(CrashPoint point) {
        assertThat(exitCodes).containsEntry(point, CrashPoint.EXIT_CODE);
        var job = history.jobs().stream()
                .filter(row -> row.key().equals(point.name()))
                .findFirst()
                .orElseThrow();
        var claims = history.events().stream()
                .filter(event -> event.job().equals(job.id()) && event.newState() == JobState.RUNNING)
                .map(event -> event.actor().contains(":" + crashed.get(point) + ":"))
                .toList();
        var entries = history.handler().stream()
                .filter(entry -> entry.job().equals(job.id()) && entry.pid() == crashed.get(point))
                .map(HandlerLedger.Entry::kind)
                .toList();

        // true: by the process that crashed
        switch (point) {
            case BEFORE_COMMIT, AFTER_COMMIT, AFTER_PUSH -> {
                assertThat(found).containsEntry(point, point != CrashPoint.BEFORE_COMMIT);
                assertThat(claims).containsExactly(false);
            }
            case AFTER_POP -> assertThat(claims).containsExactly(false);
            case AFTER_CLAIM -> assertThat(claims).containsExactly(true, false);
            case IN_HANDLER -> {
                assertThat(claims).containsExactly(true, false);
                assertThat(entries).containsExactly(HandlerLedger.Kind.BEGIN);
            }
            case BEFORE_RECORDING -> {
                assertThat(claims).containsExactly(true, false);
                assertThat(entries).containsExactly(HandlerLedger.Kind.BEGIN, HandlerLedger.Kind.END);
            }
            case AFTER_RECORDING -> assertThat(claims).containsExactly(true);
        }
        if (point.compareTo(CrashPoint.IN_HANDLER) < 0) {
            assertThat(entries).isEmpty();
        }
    }
}
