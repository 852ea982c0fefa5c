package io.jobtrail.bench.storm;

import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.api.ApiServer;
import io.jobtrail.bench.storm.ledger.ClientLedger.Entry;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.config.Settings;
import io.jobtrail.job.JobState;
import io.jobtrail.testbed.Ports;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The clients against a real API without any worker. */
class LoadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final double LEASE_SECONDS = 3;

    @TempDir
    Path directory;

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private ApiServer api;

    @BeforeEach
    void start() {
        database.asOwner("INSERT INTO pipeline_handlers (name) VALUES ('storm') ON CONFLICT DO NOTHING");
        api = api(database.environmentUrl(), Ports.free()); // none that others are given while it is away
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void everySubmissionIsAckedOnceAndStandsInTheDatabaseAsPlanned() throws InterruptedException {
        int jobs = 60;
        try (var load = load(1, 200, jobs)) {
            await().until(load::hasSubmittedAll);
            assertThat(load.finish(PATIENCE)).isZero();
            assertThat(load.counts()).isEqualTo(new Load.Counts(jobs, jobs, 0, 0));
        }

        for (int n = 0; n < jobs; n++) {
            var plan = Plan.of(1, n, LEASE_SECONDS);
            var lines = byNumber().get(n);
            assertThat(lines).extracting(Entry::kind).containsExactly(Kind.ATTEMPTED, Kind.ACKED);
            assertThat(lines.get(0).sha256()).isEqualTo(plan.sha256());
            assertThat(lines.get(0).expectation()).isEqualTo(plan.expectation());
            assertThat(column(lines.get(1), "queue")).isEqualTo(plan.queue().wireName());
            assertThat(column(lines.get(1), "idempotency_key")).isEqualTo(plan.key());
            assertThat(column(lines.get(1), "payload->>'sha256'"))
                    .isEqualTo(plan.document() == null ? null : plan.sha256());
            var order = plan.document() == null ? "input" : "options";
            assertThat(column(lines.get(1), "payload->'" + order + "'->>'n'")).isEqualTo(Integer.toString(n));
        }
        assertThat(database.ask("SELECT count(*) FROM pipeline_jobs")).isEqualTo((long) jobs);
    }

    @Test
    void whatHasAKeyIsRepeatedWhenTheApiComesBackAndWhatHasNoneStaysUnknown() throws InterruptedException {
        try (var load = load(2, 60, 100_000)) {
            await().until(() -> load.counts().acked() > 10);
            int port = api.port();
            api.close();
            await().atMost(20, SECONDS).until(() -> load.counts().unknown() > 20);
            await().until(() -> health(load).contains("unreachable"));
            api = api(database.environmentUrl(), port);
            await().atMost(20, SECONDS)
                    .until(() -> health(load).get(health(load).size() - 1).equals("degraded")); // there is no worker
            assertThat(load.finish(PATIENCE)).isZero();
            assertThat(health(load)).containsSubsequence("degraded", "unreachable", "degraded");
        }

        var submissions = byNumber().values();
        assertThat(submissions).filteredOn(LoadTest::hasKey).allSatisfy(lines -> {
            assertThat(lines.get(lines.size() - 1).kind()).isEqualTo(Kind.ACKED);
            assertThat(lines.stream().filter(line -> line.kind() == Kind.ATTEMPTED))
                    .extracting(Entry::sha256)
                    .containsOnly(lines.get(0).sha256());
        });
        assertThat(submissions)
                .filteredOn(LoadTest::hasKey)
                .anySatisfy(lines -> assertThat(lines)
                        .extracting(Entry::kind)
                        .startsWith(Kind.ATTEMPTED, Kind.UNKNOWN, Kind.ATTEMPTED));
        assertThat(submissions)
                .filteredOn(lines -> !hasKey(lines))
                .allSatisfy(lines -> assertThat(lines).hasSize(2))
                .anySatisfy(lines -> assertThat(lines.get(1).kind()).isEqualTo(Kind.UNKNOWN));
    }

    @Test
    void whatTheServerItselfDoesNotKnowIsFoundOutByTheIdThatItNames() throws InterruptedException, IOException {
        var seed = seed(plan -> plan.key() == null);
        try (var proxy = TcpProxy.to(TestServers.postgres().port())) {
            behind(proxy);
            proxy.cutAnswersTo("enqueue_jobs", 2);
            try (var load = load(seed, 100, 1)) {
                await().until(load::hasSubmittedAll);
                assertThat(load.finish(PATIENCE)).isZero();
            }
        }

        assertThat(byNumber().get(0)).extracting(Entry::kind).containsExactly(Kind.ATTEMPTED, Kind.UNKNOWN, Kind.ACKED);
        assertThat(database.ask("SELECT id FROM pipeline_jobs"))
                .isEqualTo(byNumber().get(0).get(2).job());
    }

    @Test
    void aServerWithoutItsDatabaseHasRefused() throws InterruptedException, IOException {
        var seed = seed(plan -> plan.key() == null);
        try (var proxy = TcpProxy.to(TestServers.postgres().port())) {
            behind(proxy);
        }
        try (var load = load(seed, 100, 1)) {
            await().until(load::hasSubmittedAll);
            assertThat(load.finish(PATIENCE)).isZero();
            assertThat(load.counts()).isEqualTo(new Load.Counts(1, 0, 1, 0));
        }

        assertThat(byNumber().get(0)).extracting(Entry::kind).containsExactly(Kind.ATTEMPTED, Kind.REFUSED);
        assertThat(byNumber().get(0).get(1).status()).isEqualTo(503);
    }

    @Test
    void theOperatorCancelsAndRetriesWhatThePlanNamesAndThePollerSeesIt() throws InterruptedException {
        var seed = seed(plan ->
                plan.cancelAfterMillis() != null && plan.retryAfterMillis() != null && plan.retryAfterMillis() > 1_000);
        try (var load = load(seed, 100, 1)) {
            await().atMost(20, SECONDS)
                    .until(() -> ofKind(Kind.RETRIED).size() == 1
                            && seen().containsAll(Set.of(JobState.QUEUED, JobState.CANCELLED)));
            load.finish(PATIENCE);
        }

        var job = ofKind(Kind.ACKED).get(0).job();
        assertThat(History.read(directory).client().stream().filter(line -> line.kind() != Kind.SEEN))
                .extracting(Entry::kind)
                .containsExactly(
                        Kind.ATTEMPTED, Kind.ACKED, Kind.CANCEL_ASKED, Kind.CANCELLED, Kind.RETRY_ASKED, Kind.RETRIED);
        assertThat(ofKind(Kind.RETRIED).get(0).job()).isEqualTo(job);
        assertThat(database.ask(
                        "SELECT string_agg(new_state, ' ' ORDER BY seq) FROM pipeline_job_events WHERE job_id = ?",
                        job))
                .isEqualTo("queued cancelled queued");
    }

    private Set<JobState> seen() {
        return ofKind(Kind.SEEN).stream().map(Entry::state).collect(Collectors.toSet());
    }

    private Load load(long seed, double jobsPerSecond, int maxJobs) {
        return new Load(new Load.Settings(
                "http://127.0.0.1:" + api.port(),
                directory,
                seed,
                jobsPerSecond,
                maxJobs,
                LEASE_SECONDS,
                database.url()));
    }

    private void behind(TcpProxy proxy) {
        api.close();
        var port = ":" + TestServers.postgres().port() + "/";
        api = api(database.environmentUrl().replace(port, ":" + proxy.port() + "/"), 0);
    }

    private static ApiServer api(String databaseUrl, int port) {
        return ApiServer.start(Settings.fromEnvironment(Map.of(
                "DATABASE_URL",
                databaseUrl,
                "REDIS_URL",
                TestServers.redis().url(),
                "PORT",
                Integer.toString(port),
                "DB_POOL_MIN",
                "0")));
    }

    /** One whose first submission is as wanted. */
    private static long seed(Predicate<Plan> wanted) {
        return LongStream.range(0, 100_000)
                .filter(seed -> wanted.test(Plan.of(seed, 0, LEASE_SECONDS)))
                .findFirst()
                .orElseThrow();
    }

    private Map<Integer, List<Entry>> byNumber() {
        return History.read(directory).client().stream()
                .filter(line -> line.n() != null)
                .collect(groupingBy(Entry::n));
    }

    private List<Entry> ofKind(Kind kind) {
        return History.read(directory).client().stream()
                .filter(line -> line.kind() == kind)
                .toList();
    }

    private static boolean hasKey(List<Entry> lines) {
        return lines.get(0).key() != null;
    }

    private static List<String> health(Load load) {
        return load.healthChanges().stream()
                .map(change -> change.health().status())
                .toList();
    }

    private Object column(Entry acked, String column) {
        return database.ask("SELECT (" + column + ")::text FROM pipeline_jobs WHERE id = ?", acked.job());
    }
}
