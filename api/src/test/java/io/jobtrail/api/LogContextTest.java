package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.jobtrail.testbed.TestServers;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** A line that is logged while a request is served says which one; no other line does. */
class LogContextTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    private final Logger ours = (Logger) LoggerFactory.getLogger("io.jobtrail");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>() {
        {
            list = new CopyOnWriteArrayList<>(); // read while others write
        }

        @Override
        protected void append(ILoggingEvent event) {
            event.prepareForDeferredProcessing(); // else the context is read by the thread that looks for it
            super.append(event);
        }
    };
    private final Level before = ours.getLevel();

    @BeforeEach
    void listen() {
        lines.start();
        ours.addAppender(lines);
        ours.setLevel(Level.DEBUG);
    }

    @AfterEach
    void listenNoMore() {
        ours.detachAppender(lines);
        ours.setLevel(before);
    }

    private Map<String, String> contextOf(String line) {
        await().until(() -> lines.list.stream()
                .anyMatch(event -> event.getFormattedMessage().contains(line)));
        return lines.list.stream()
                .filter(event -> event.getFormattedMessage().contains(line))
                .findFirst()
                .orElseThrow()
                .getMDCPropertyMap();
    }

    /** A submission that has something to log: the push of its id, which Redis does not take. */
    @Test
    void aSubmissionNamesRequestRealmJobQueueAndTrace() {
        var redis = TestServers.redis();
        if (!redis.isOwn()) {
            return;
        }
        redis.stop();
        try {
            var id = api.enqueue(
                            "{\"handler\":\"echo\"}",
                            "X-Request-Id",
                            "req-7",
                            "X-Realm",
                            "north",
                            "traceparent",
                            "00-" + TRACE + "-b7ad6b7169203331-01")
                    .is(202)
                    .jobId();
            assertThat(contextOf("Redis did not take"))
                    .containsEntry("request_id", "req-7")
                    .containsEntry("realm", "north")
                    .containsEntry("job_id", id.toString())
                    .containsEntry("queue", "default")
                    .containsEntry("trace_id", TRACE);
        } finally {
            redis.startAgain();
        }
    }

    @Test
    void aThreadThatHasServedARequestSaysNothingOfIt() {
        for (int i = 0; i < 20; i++) {
            api.enqueue("{\"handler\":\"echo\"}", "X-Realm", "north").is(202);
            api.get("/pipeline/status/" + java.util.UUID.randomUUID()).is(404);
        }
        var threads = api.server.threads();
        var left = IntStream.range(0, 20)
                .mapToObj(i -> CompletableFuture.supplyAsync(MDC::getCopyOfContextMap, threads))
                .map(CompletableFuture::join)
                .toList();
        assertThat(left).allMatch(context -> context == null || context.isEmpty());
    }
}
