package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.testbed.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** What is kept of an accepted submission, in Postgres and in Redis. */
class EnqueueTest {
    private static final Path SAMPLES = Path.of("../samples");

    @AutoClose
    private static final RunningApi api = RunningApi.start("MAX_ATTEMPTS", "4");

    @Test
    void fileIsAcceptedAsAJobWithEverythingTheCallerNeeds() throws Exception {
        var bytes = Files.readAllBytes(SAMPLES.resolve("memo.pdf"));
        var answer = api.upload(new Form().file("memo.pdf", "application/pdf", bytes))
                .is(202);

        var id = answer.jobId();
        var json = answer.json();
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly("job_id", "queue", "realm", "status", "already_existed", "status_url");
        assertThat(id.version()).isEqualTo(7);
        assertThat(json.path("queue").asText()).isEqualTo("urgent");
        assertThat(json.path("realm").asText()).isEqualTo("default");
        assertThat(json.path("status").asText()).isEqualTo("queued");
        assertThat(json.path("already_existed").booleanValue()).isFalse();
        assertThat(json.path("status_url").asText()).isEqualTo("/pipeline/status/" + id);
        assertThat(answer.header("Location")).isEqualTo("/pipeline/status/" + id);
        assertThat(answer.header("Retry-After")).matches("\\d+");

        var sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        var payload = api.get("/pipeline/status/" + id).is(200).json().path("payload");
        assertThat(payload.path("filename").asText()).isEqualTo("memo.pdf");
        assertThat(payload.path("size").asInt()).isEqualTo(bytes.length);
        assertThat(payload.path("sha256").asText()).isEqualTo(sha256);
        assertThat(payload.path("content_type").asText()).isEqualTo("application/pdf");
        assertThat(payload.path("pages").asInt()).isEqualTo(2);

        assertThat(api.column(id, "handler")).isEqualTo("process_document");
        assertThat(api.column(id, "max_attempts")).isEqualTo("4");
        assertThat(api.column(id, "timeout_sec")).isEqualTo("600");
        assertThat(api.column(id, "actor")).isEqualTo("api:127.0.0.1");
        api.database.assertThatJob(id).hasHistory("queued");

        var file = api.get("/pipeline/jobs/" + id + "/file").is(200);
        assertThat(file.body()).isEqualTo(bytes);
        assertThat(file.header("Content-Type")).isEqualTo("application/pdf");
        assertThat(inRedis(QueueName.URGENT))
                .contains("{\"class\":\"process_document\",\"args\":[\"%s\"],\"vars\":null}".formatted(id));
    }

    @Test
    void fileOfManyPartsComesBackIdentical() {
        var bytes = new byte[(3 << 20) + 17];
        new java.util.Random(7).nextBytes(bytes);
        var id = api.upload(Form.of("noise.bin", bytes)).is(202).jobId();
        assertThat(api.get("/pipeline/jobs/" + id + "/file").is(200).body()).isEqualTo(bytes);
    }

    @Test
    void fileThatWasAlteredNeverArrivesWhole() {
        assertThat(alteredFile(100).status()).as("nothing was sent yet").isEqualTo(500);
        assertThatThrownBy(() -> alteredFile((2 << 20) + 17))
                .as("ends short of its Content-Length")
                .isInstanceOf(UncheckedIOException.class);
    }

    private static Answer alteredFile(int size) {
        var id = api.upload(Form.of("noise.bin", new byte[size])).is(202).jobId();
        api.database.asOwner("UPDATE pipeline_document_parts SET bytes = set_byte(bytes, 9, 1) WHERE part = 0"
                + " AND document_id = (SELECT document_id FROM pipeline_jobs WHERE id = '" + id + "')");
        return api.get("/pipeline/jobs/" + id + "/file");
    }

    @Test
    void fieldsOfTheFormReachTheRow() {
        var due = Instant.parse("2031-05-06T07:08:09Z");
        var form = text().field("queue", "slow")
                .field("handler", "echo")
                .field("max_attempts", "9")
                .field("run_after", "2031-05-06T09:08:09+02:00")
                .field("timeout_sec", "77")
                .field("options", "{\"language\":\"mi\",\"deep\":{\"a\":[1,2]}}");
        var id = api.upload(form, "X-Realm", "acme.eu_1-b").is(202).jobId();

        var job = api.database.assertThatJob(id).job();
        assertThat(job.queue()).isEqualTo("slow");
        assertThat(job.handler()).isEqualTo("echo");
        assertThat(job.maxAttempts()).isEqualTo(9);
        assertThat(job.runAfter()).isEqualTo(due);
        assertThat(job.realm()).isEqualTo("acme.eu_1-b");
        assertThat(api.column(id, "timeout_sec")).isEqualTo("77");
        assertThat(api.column(id, "payload #>> '{options,deep,a,1}'")).isEqualTo("2");
        assertThat(inRedis(QueueName.SLOW)).as("not due yet").noneMatch(entry -> entry.contains(id.toString()));
    }

    @Test
    void jsonInputIsAcceptedWithoutAFile() {
        var answer = api.enqueue("""
                        {"handler":"echo","input":{"text":"né € 𝄞","n":[1,2.5,null,true]},"queue":"urgent","max_attempts":2,
                         "timeout_sec":5,"run_after":null,"options":{"x":1}}""", "X-Realm", "json").is(202);
        var id = answer.jobId();
        assertThat(answer.json().path("realm").asText()).isEqualTo("json");
        assertThat(api.column(id, "payload #>> '{input,text}'")).isEqualTo("né € 𝄞");
        assertThat(api.column(id, "payload #> '{input,n}'")).isEqualTo("[1, 2.5, null, true]");
        assertThat(api.column(id, "payload #>> '{options,x}'")).isEqualTo("1");
        assertThat(api.column(id, "max_attempts")).isEqualTo("2");
        assertThat(api.column(id, "timeout_sec")).isEqualTo("5");
        assertThat(api.column(id, "document_id")).isNull();
        assertThat(inRedis(QueueName.URGENT)).anyMatch(entry -> entry.contains(id.toString()));
        api.get("/pipeline/jobs/" + id + "/file").isProblem(404, "NOT_FOUND", null);
    }

    @Test
    void jsonWithoutInputAndWithParametersInTheTypeIsAccepted() {
        var body = "{\"handler\":\"echo\"}".getBytes(StandardCharsets.UTF_8);
        var id = api.send("POST", "/pipeline/enqueue", body, "Content-Type", "Application/JSON;charset=utf-8")
                .is(202)
                .jobId();
        assertThat(api.column(id, "payload")).isEqualTo("{\"input\": {}}");
        assertThat(api.column(id, "queue")).isEqualTo("default");
    }

    @Test
    void jobIsCommittedWhenTheAnswerIsThere() throws Exception {
        try (var other = api.database.connect();
                var query = other.prepareStatement(
                        "SELECT status FROM pipeline_jobs j JOIN pipeline_documents d ON d.id = j.document_id WHERE j.id = ?")) {
            for (int i = 0; i < 10; i++) {
                query.setObject(1, api.upload(text()).is(202).jobId());
                try (var row = query.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getString(1)).isEqualTo("queued");
                }
            }
        }
    }

    @Test
    void wellFormedTraceparentIsKeptAndAnyOtherIgnored() {
        var trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var body = "{\"handler\":\"echo\"}";
        assertThat(api.column(api.enqueue(body, "traceparent", trace).is(202).jobId(), "traceparent"))
                .isEqualTo(trace);
        for (var wrong : List.of(
                "00-xyz",
                trace.replace("00-0", "ff-0"),
                trace.toUpperCase(Locale.ROOT),
                "00-" + "0".repeat(32) + "-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-" + "0".repeat(16) + "-01")) {
            assertThat(api.column(
                            api.enqueue(body, "traceparent", wrong).is(202).jobId(), "traceparent"))
                    .as(wrong)
                    .isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "memo.pdf, urgent",
        "quarterly-report.pdf, default",
        "long-manual.pdf, slow",
        "contract.docx, default",
        "news-article.html, default"
    })
    void sampleGoesToTheQueueOfItsLength(String name, String queue) throws IOException {
        assertQueueOf(Files.readAllBytes(SAMPLES.resolve(name)), queue);
    }

    @ParameterizedTest
    @CsvSource({"1, urgent", "3, urgent", "4, default", "50, default", "51, slow", "9999999, slow"})
    void pagesDecideTheQueue(int pages, String queue) {
        var tree = "<< /Type /Pages /Count " + pages + " >>";
        assertQueueOf(PdfPageCountTest.pdf(tree), queue);
        assertQueueOf(PdfPageCountTest.objectStream(tree), queue);
    }

    @Test
    void unknownLengthGoesToDefaultAndANamedQueueWins() throws IOException {
        assertQueueOf(PdfPageCountTest.pdf("garbage"), "default");
        assertQueueOf("%PDF".getBytes(StandardCharsets.US_ASCII), "default");
        var memo = Files.readAllBytes(SAMPLES.resolve("memo.pdf"));
        var answer =
                api.upload(Form.of("memo.pdf", memo).field("queue", "slow")).is(202);
        assertThat(answer.json().path("queue").asText()).isEqualTo("slow");
    }

    /** Again where the machine was so busy that the pages could not be counted in time. */
    private static void assertQueueOf(byte[] bytes, String queue) {
        await().untilAsserted(() -> assertThat(api.upload(Form.of("file", bytes))
                        .is(202)
                        .json()
                        .path("queue")
                        .asText())
                .isEqualTo(queue));
    }

    private static Form text() {
        return Form.of("a.txt", "some text".getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> inRedis(QueueName queue) {
        try (var jedis = new Jedis(URI.create(TestServers.redis().url()))) {
            return jedis.lrange(JobQueue.key(queue), 0, -1);
        }
    }
}
