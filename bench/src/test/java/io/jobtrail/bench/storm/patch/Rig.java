package io.jobtrail.bench.storm.patch;

import io.jobtrail.bench.storm.check.Checker;
import io.jobtrail.bench.storm.check.Verdict;
import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.DatabaseLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.config.Json;
import io.jobtrail.document.Sha256;
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
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A database, the ledgers of one run, and a client that writes down what it sends and hears. */
final class Rig implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final JobtrailDatabase database = JobtrailDatabase.fresh();
    private final ClientLedger client;
    private final Path run;

    /** @param run an empty directory */
    Rig(Path run) {
        this.run = run;
        client = new ClientLedger(run);
        try (var redis = new Redis(TestServers.redis().url(), 1, Duration.ZERO)) {
            redis.call(jedis -> jedis.flushAll()); // ids that the rig before has left are nobody's
        }
        database.asOwner("INSERT INTO pipeline_handlers (name) VALUES ('" + LedgerHandler.NAME + "')");
    }

    JobtrailDatabase database() {
        return database;
    }

    Map<String, String> environment(int leaseSeconds) {
        return Map.of(
                "DATABASE_URL", database.environmentUrl(),
                "REDIS_URL", TestServers.redis().url(),
                "PORT", "0",
                "LEASE_SECONDS", Integer.toString(leaseSeconds),
                "HEARTBEAT_SECONDS", "1",
                "WORKER_CONCURRENCY", "1",
                "STORM_DIRECTORY", run.toString());
    }

    /**
     * Sends a submission, for the first time or again.
     *
     * @return whether it had been accepted before; empty when no answer came
     */
    Optional<Boolean> submit(int n, int millis, String api) throws Exception {
        var text = "content of " + n;
        client.attempted(n, "key-" + n, Sha256.of(text), ClientLedger.Expectation.FINISHES);
        try {
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create(api + "/pipeline/enqueue"))
                            .header("Content-Type", "application/json")
                            .header("Idempotency-Key", "key-" + n)
                            .POST(HttpRequest.BodyPublishers.ofString(Json.write(Map.of(
                                    "handler",
                                    LedgerHandler.NAME,
                                    "input",
                                    Map.of("n", n, "text", text, "millis", millis)))))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new AssertionError(answer.statusCode() + " " + answer.body());
            }
            var body = Json.MAPPER.readTree(answer.body());
            boolean existed = body.get("already_existed").asBoolean();
            client.acked(n, UUID.fromString(body.get("job_id").asText()), existed);
            return Optional.of(existed);
        } catch (IOException e) {
            client.unknown(n, e.toString());
            return Optional.empty();
        }
    }

    long jobs(String status) {
        return (long) database.ask("SELECT count(*) FROM pipeline_jobs WHERE status = ?", status);
    }

    /** How often handlers have begun so far. */
    long begun() {
        return History.read(run).handler().stream()
                .filter(entry -> entry.kind() == HandlerLedger.Kind.BEGIN)
                .count();
    }

    /** Once all is over. */
    History history() throws SQLException, IOException {
        try (var redis = new Redis(TestServers.redis().url(), 2, Duration.ofSeconds(2));
                var owner = database.connect()) {
            var queue = new JobQueue(redis);
            DatabaseLedger.write(
                    owner,
                    Arrays.stream(QueueName.values()).collect(Collectors.toMap(Function.identity(), queue::ids)),
                    run);
        }
        return History.read(run);
    }

    Verdict verdict() throws SQLException, IOException {
        return Checker.check(history());
    }

    @Override
    public void close() {
        client.close();
        database.close();
    }
}
