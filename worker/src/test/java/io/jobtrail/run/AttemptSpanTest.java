package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.trace.JobAttributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** The trace that a job was sent with goes on in each of its attempts, told of or not. */
class AttemptSpanTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SENDER = "b7ad6b7169203331";

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final List<Map<String, String>> logContexts = new ArrayList<>();
    private final List<SpanContext> spans = new ArrayList<>();
    private final InMemorySpanExporter told = InMemorySpanExporter.create();
    private final Tracer sdk = SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(told))
            .build()
            .get("test");

    private static UUID aTracedJob() {
        var id = RunnerRig.aJob(database).insert();
        database.asOwner(
                "UPDATE pipeline_jobs SET traceparent = '00-%s-%s-01' WHERE id = '%s'".formatted(TRACE, SENDER, id));
        return id;
    }

    private void run(UUID id, Tracer tracer, ScriptedHandler.Script script) {
        try (var rig = new RunnerRig(
                database.runtime(), database.url(), RunnerRig.LONG, RunnerRig.LONG, RunnerRig.LONG, tracer)) {
            rig.handler.will((job, context) -> {
                logContexts.add(MDC.getCopyOfContextMap());
                spans.add(Span.current().getSpanContext());
                return script.run(job, context);
            });
            rig.runner.run(id, "w1");
        }
        assertThat(MDC.getCopyOfContextMap()).isNullOrEmpty();
        assertThat(Span.current().getSpanContext().isValid()).isFalse();
    }

    private static Object failOnce(io.jobtrail.job.Job job, io.jobtrail.handler.JobContext context) throws IOException {
        if (job.attempt() == 1) {
            throw new IOException("the words of the handler");
        }
        return "done";
    }

    private void runTwice(UUID id, Tracer tracer) {
        run(id, tracer, AttemptSpanTest::failOnce);
        database.asOwner("UPDATE pipeline_jobs SET run_after = now() WHERE id = '" + id + "'");
        run(id, tracer, AttemptSpanTest::failOnce);
        database.assertThatJob(id).isFinished();
    }

    @Test
    void withoutAnSdkEveryAttemptIsASpanOfTheJobsTrace() {
        runTwice(aTracedJob(), TracerProvider.noop().get("none"));
        assertThat(spans).hasSize(2).allMatch(span -> span.getTraceId().equals(TRACE) && span.isSampled());
        assertThat(spans.stream().map(SpanContext::getSpanId))
                .doesNotHaveDuplicates()
                .doesNotContain(SENDER);
        assertThat(logContexts)
                .allSatisfy(context -> assertThat(context)
                        .containsKeys("job_id", "realm", "queue", "attempt")
                        .containsEntry("trace_id", TRACE));
        assertThat(logContexts.stream().map(context -> context.get("span_id")))
                .containsExactlyElementsOf(
                        spans.stream().map(SpanContext::getSpanId).toList());
    }

    @Test
    void withoutATraceThereIsNone() {
        run(RunnerRig.aJob(database).insert(), TracerProvider.noop().get("none"), (job, context) -> "done");
        assertThat(spans).noneMatch(SpanContext::isValid);
        assertThat(logContexts.get(0)).doesNotContainKeys("trace_id", "span_id");
    }

    @Test
    void aTraceThatSomebodyHasSpoiltIsNone() {
        var id = RunnerRig.aJob(database).insert();
        database.asOwner("UPDATE pipeline_jobs SET traceparent = '00-nothing-01' WHERE id = '" + id + "'");
        run(id, TracerProvider.noop().get("none"), (job, context) -> "done");
        database.assertThatJob(id).isFinished();
        assertThat(spans).noneMatch(SpanContext::isValid);
    }

    @Test
    void anSdkIsToldOfEachAttempt() {
        var id = aTracedJob();
        runTwice(id, sdk);

        assertThat(told.getFinishedSpanItems()).hasSize(2).allSatisfy(span -> {
            assertThat(span.getName()).isEqualTo("run scripted");
            assertThat(span.getKind()).isEqualTo(SpanKind.CONSUMER);
            assertThat(span.getTraceId()).isEqualTo(TRACE);
            assertThat(span.getParentSpanId()).isEqualTo(SENDER);
            assertThat(span.getAttributes().get(JobAttributes.JOB_ID)).isEqualTo(id.toString());
            assertThat(span.getAttributes().get(JobAttributes.REALM)).isEqualTo("default");
            assertThat(span.getAttributes().get(JobAttributes.QUEUE)).isEqualTo("default");
            assertThat(span.getAttributes().get(JobAttributes.HANDLER)).isEqualTo("scripted");
            assertThat(span.toString()).doesNotContain("the words of the handler");
        });
        var failed = told.getFinishedSpanItems().get(0);
        assertThat(failed.getAttributes().get(JobAttributes.ATTEMPT)).isEqualTo(1);
        assertThat(failed.getAttributes().get(JobAttributes.OUTCOME)).isEqualTo("retrying");
        assertThat(failed.getAttributes().get(JobAttributes.ERROR_TYPE)).isEqualTo("HANDLER_ERROR");
        assertThat(failed.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        var finished = told.getFinishedSpanItems().get(1);
        assertThat(finished.getAttributes().get(JobAttributes.ATTEMPT)).isEqualTo(2);
        assertThat(finished.getAttributes().get(JobAttributes.OUTCOME)).isEqualTo("finished");
        assertThat(finished.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(spans.stream().map(SpanContext::getSpanId))
                .containsExactlyElementsOf(told.getFinishedSpanItems().stream()
                        .map(SpanData::getSpanId)
                        .toList());
    }

    @Test
    void anSdkBeginsATraceWhereThereIsNone() {
        var id = RunnerRig.aJob(database).insert();
        run(id, sdk, (job, context) -> {
            throw new PermanentFailure("ENCRYPTED", "needs a password");
        });
        database.assertThatJob(id).is(JobState.FAILED);
        var span = told.getFinishedSpanItems().get(0);
        assertThat(span.getParentSpanContext().isValid()).isFalse();
        assertThat(span.getAttributes().get(JobAttributes.ERROR_TYPE)).isEqualTo("ENCRYPTED");
        assertThat(logContexts.get(0)).containsEntry("trace_id", span.getTraceId());
    }
}
