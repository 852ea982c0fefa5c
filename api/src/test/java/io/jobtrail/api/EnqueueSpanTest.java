package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.trace.JobAttributes;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Submissions as an OpenTelemetry SDK sees them that was there before the API. */
class EnqueueSpanTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SENDER = "b7ad6b7169203331";
    private static final String TRACEPARENT = "00-" + TRACE + "-" + SENDER + "-01";

    private static final InMemorySpanExporter TOLD = InMemorySpanExporter.create();
    private static RunningApi api;

    @BeforeAll
    static void start() {
        GlobalOpenTelemetry.resetForTest();
        GlobalOpenTelemetry.set(OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(TOLD))
                        .build())
                .build());
        api = RunningApi.start();
    }

    @AfterAll
    static void stop() {
        api.close();
        GlobalOpenTelemetry.resetForTest();
    }

    @BeforeEach
    void forget() {
        TOLD.reset();
    }

    /** It ends a moment after the answer. */
    private static SpanData span() {
        await().until(() -> TOLD.getFinishedSpanItems().size() == 1);
        return TOLD.getFinishedSpanItems().get(0);
    }

    @Test
    void theJobCarriesTheSpanOfItsSubmission() {
        var id = api.enqueue(
                        "{\"handler\":\"echo\",\"queue\":\"slow\"}", "traceparent", TRACEPARENT, "X-Realm", "north")
                .is(202)
                .jobId();
        var span = span();
        assertThat(span.getName()).isEqualTo("enqueue");
        assertThat(span.getKind()).isEqualTo(SpanKind.PRODUCER);
        assertThat(span.getTraceId()).isEqualTo(TRACE);
        assertThat(span.getParentSpanId()).isEqualTo(SENDER);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(span.getAttributes().get(JobAttributes.JOB_ID)).isEqualTo(id.toString());
        assertThat(span.getAttributes().get(JobAttributes.REALM)).isEqualTo("north");
        assertThat(span.getAttributes().get(JobAttributes.QUEUE)).isEqualTo("slow");
        assertThat(span.getAttributes().get(JobAttributes.HANDLER)).isEqualTo("echo");
        assertThat(api.column(id, "traceparent")).isEqualTo("00-" + TRACE + "-" + span.getSpanId() + "-01");
    }

    @Test
    void aSubmissionWithoutATraceBeginsOne() {
        var id = api.upload(Form.of("a.txt", "some text".getBytes(StandardCharsets.UTF_8)))
                .is(202)
                .jobId();
        assertThat(api.column(id, "traceparent")).contains(span().getTraceId(), span().getSpanId());
    }

    @Test
    void theJobsOfABatchShareASpan() {
        var body = "[{\"handler\":\"echo\"},{\"handler\":\"echo\"}]".getBytes(StandardCharsets.UTF_8);
        var answer = api.send("POST", "/pipeline/enqueue/batch", body, "Content-Type", "application/json")
                .is(202)
                .json();
        assertThat(span().getAttributes().get(JobAttributes.JOBS)).isEqualTo(2);
        for (var item : answer.path("items")) {
            assertThat(api.column(java.util.UUID.fromString(item.path("job_id").asText()), "traceparent"))
                    .contains(span().getSpanId());
        }
    }

    @Test
    void aRefusalIsAnErrorNamedByItsCode() {
        api.enqueue("{\"handler\":\"nobody knows it\"}").is(400);
        assertThat(span().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(span().getAttributes().get(JobAttributes.ERROR_TYPE)).isEqualTo("UNKNOWN_HANDLER");
        assertThat(span().toString()).doesNotContain("nobody knows it");
    }

    @Test
    void readingIsNoSubmission() {
        api.get("/pipeline/stats").is(200);
        assertThat(TOLD.getFinishedSpanItems()).isEmpty();
    }
}
