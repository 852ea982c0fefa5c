package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.client.Job;
import io.jobtrail.client.JobChange;
import io.jobtrail.client.JobtrailClient;
import io.jobtrail.client.JobtrailException;
import io.jobtrail.client.Submission;
import io.jobtrail.client.TrailEvent;
import io.jobtrail.config.Json;
import io.jobtrail.testbed.Ports;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Java client makes of the real server's answers. */
class ClientTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String ADMIN = "an-admin-key";

    private static RunningApi api;
    private static JobtrailClient client;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", ADMIN);
        client = JobtrailClient.at(url(api)).key(ADMIN).realm("clients");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static String url(RunningApi api) {
        return "http://127.0.0.1:" + api.server.port();
    }

    private static Submission echo() {
        return Submission.usual().handler("echo");
    }

    private static UUID enqueue() {
        return client.enqueue(Map.of("word", "hello"), echo()).jobId();
    }

    /** As a worker would. */
    private static void finish(UUID id, Object result) {
        var claim = api.database.store().claim(id, "w", List.of("echo")).orElseThrow();
        api.database.store().complete(claim, Json.write(result));
    }

    @Test
    void aSubmissionIsSentAsItWasMade() {
        var made = client.enqueue(
                Map.of("word", "hello"),
                echo().queue("urgent")
                        .maxAttempts(3)
                        .timeout(Duration.ofMinutes(2))
                        .options(Map.of("deep", true)));
        assertThat(made.queue()).isEqualTo("urgent");
        assertThat(made.realm()).isEqualTo("clients");
        assertThat(made.alreadyExisted()).isFalse();
        var job = client.status(made.jobId());
        assertThat(job.status()).isEqualTo("queued");
        assertThat(job.maxAttempts()).isEqualTo(3);
        assertThat(job.createdAt()).isNotNull();
        assertThat(job.payload().path("input").path("word").asText()).isEqualTo("hello");
        assertThat(job.isFinal()).isFalse();
    }

    @Test
    void aFileIsSentWithItsNameAndTheFieldsBesideIt(@TempDir Path directory) throws Exception {
        var name = "Bericht \"äöü\".txt";
        assumeThat(Charset.forName(System.getProperty("sun.jnu.encoding"))
                        .newEncoder()
                        .canEncode(name))
                .as("Java makes no such file where no locale is set")
                .isTrue();
        var file = Files.writeString(directory.resolve(name), "some text");
        var made = client.enqueue(
                file, Submission.usual().queue("slow").options(Map.of("a", 1)).review(true));
        var payload = client.status(made.jobId()).payload();
        assertThat(made.queue()).isEqualTo("slow");
        assertThat(payload.path("size").asInt()).isEqualTo(9);
        assertThat(payload.path("filename").asText()).contains("Bericht").contains("äöü");
    }

    @Test
    void theSameSubmissionSentTwiceIsOneJob() {
        var submission = echo();
        var first = client.enqueue(Map.of("n", 1), submission);
        var second = client.enqueue(Map.of("n", 1), submission);
        assertThat(second.jobId()).isEqualTo(first.jobId());
        assertThat(second.alreadyExisted()).isTrue();
        assertThatThrownBy(() -> client.enqueue(Map.of("n", 2), submission))
                .isInstanceOfSatisfying(
                        JobtrailException.Invalid.class,
                        e -> assertThat(e.problem().code()).isEqualTo("IDEMPOTENCY_KEY_REUSED"));
        assertThat(client.enqueue(Map.of("n", 1), echo()).jobId()).isNotEqualTo(first.jobId());
    }

    @Test
    void awaitEndsWithTheJob() {
        var id = enqueue();
        var ended = CompletableFuture.supplyAsync(() -> client.await(id, LONG));
        assertThat(ended).isNotDone();
        finish(id, Map.of("answer", 42));
        assertThat(ended).succeedsWithin(LONG).satisfies(job -> {
            assertThat(job.isFinished()).isTrue();
            assertThat(job.finishedAt()).isNotNull();
            assertThat(JobtrailClient.result(job, JsonNode.class).path("answer").asInt())
                    .isEqualTo(42);
        });
    }

    @Test
    void awaitSaysWhereTheJobStandsWhenTheTimeIsOver() {
        var id = enqueue();
        assertThatThrownBy(() -> client.await(id, Duration.ofMillis(200)))
                .isInstanceOfSatisfying(
                        JobtrailException.NotYet.class,
                        e -> assertThat(e.job()).extracting(Job::status).isEqualTo("queued"));
    }

    @Test
    void changesAreFollowedAndTakenUpWhereTheyWereLeft() {
        var heard = new CopyOnWriteArrayList<JobChange>();
        var waited = enqueue();
        var place = CompletableFuture.supplyAsync(() -> client.follow(null, change -> {
            heard.add(change);
            return !change.newState().equals("finished");
        }));
        // It hears of what comes after it has begun, and nobody tells when that is.
        await().atMost(LONG).until(() -> {
            enqueue();
            return !heard.isEmpty();
        });
        finish(waited, "done");
        assertThat(place).succeedsWithin(LONG);
        assertThat(heard.stream().filter(change -> change.jobId().equals(waited)))
                .extracting(JobChange::newState)
                .endsWith("finished");
        assertThat(heard).allSatisfy(change -> assertThat(change.handler()).isEqualTo("echo"));

        var later = enqueue();
        assertThat(client.follow(place.join(), change -> {
                    heard.add(change);
                    return !change.jobId().equals(later);
                }))
                .isNotEqualTo(place.join());
        assertThat(heard.get(heard.size() - 1))
                .satisfies(change -> assertThat(change.newState()).isEqualTo("queued"));
        assertThat(heard).doesNotHaveDuplicates();
    }

    @Test
    void whatPeopleDoIsDoneAndShownInTheHistory() {
        var id = enqueue();
        client.cancel(id, "not needed");
        assertThat(client.status(id).status()).isEqualTo("cancelled");
        assertThatThrownBy(() -> client.cancel(id, "again"))
                .isInstanceOfSatisfying(
                        JobtrailException.Conflict.class,
                        e -> assertThat(e.problem().jobStatus()).isEqualTo("cancelled"));
        client.retry(id, "needed after all");
        client.delete(id);
        assertThatThrownBy(() -> client.status(id)).isInstanceOf(JobtrailException.NotFound.class);

        var other = enqueue();
        finish(other, 1);
        var history = client.history(other);
        assertThat(history.verified()).isTrue();
        assertThat(history.events()).extracting(TrailEvent::newState).containsExactly("queued", "running", "finished");
        assertThat(history.jobId()).isEqualTo(other);
        assertThat(history.problems()).isEmpty();
        assertThat(history.events())
                .allSatisfy(event -> assertThat(event.hash()).isNotNull());
    }

    @Test
    void everyRefusalHasItsType() {
        assertThatThrownBy(() -> client.enqueue(Map.of(), Submission.usual().handler("nobody")))
                .isInstanceOfSatisfying(JobtrailException.Invalid.class, e -> {
                    assertThat(e.problem().field()).isEqualTo("handler");
                    assertThat(e.problem().requestId()).isNotNull();
                });
        assertThatThrownBy(() -> client.status(UUID.randomUUID())).isInstanceOf(JobtrailException.NotFound.class);
        assertThatThrownBy(() -> client.prompt(enqueue())).isInstanceOf(JobtrailException.NotFound.class);
        assertThatThrownBy(() -> client.respond(enqueue(), "yes")).isInstanceOf(JobtrailException.Conflict.class);
        assertThatThrownBy(() -> JobtrailClient.at(url(api)).status(UUID.randomUUID()))
                .isInstanceOf(JobtrailException.Forbidden.class);
        var nobody = JobtrailClient.at("http://127.0.0.1:" + Ports.free()).patience(Duration.ZERO);
        assertThatThrownBy(() -> nobody.status(UUID.randomUUID())).isInstanceOf(JobtrailException.NoAnswer.class);
        assertThat(nobody.isReady()).isFalse();
        assertThat(client.isReady()).isTrue();
    }

    @Test
    void whatIsSentWhileTheServerIsAwayArrivesOnceItIsBack() {
        var port = Integer.toString(Ports.free());
        var early = JobtrailClient.at("http://127.0.0.1:" + port).patience(LONG);
        var sent = CompletableFuture.supplyAsync(
                () -> early.enqueue("a.txt", "text".getBytes(StandardCharsets.UTF_8), Submission.usual()));
        try (var late = RunningApi.on(api.database, api.database.environmentUrl(), "PORT", port)) {
            assertThat(sent)
                    .succeedsWithin(LONG)
                    .satisfies(made -> assertThat(late.get("/pipeline/status/" + made.jobId())
                                    .is(200)
                                    .json())
                            .isNotNull());
        }
    }
}
