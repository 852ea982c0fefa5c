package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import io.jobtrail.store.Database;
import io.jobtrail.testing.LogLines;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a handler returns: how it is stored, and what becomes of the job when it cannot be. */
class JobResultTest extends RunnerTest {
    private UUID run(ScriptedHandler.Script script) {
        var id = RunnerRig.aJob(database).insert();
        rig.handler.will(script);
        rig.runner.run(id, "w1");
        return id;
    }

    private JsonNode result(UUID id) throws JsonProcessingException {
        return Json.MAPPER.readTree(
                database.assertThatJob(id).isFinished().job().result());
    }

    record Summary(int pageCount, String title) {}

    @Test
    void whatTheHandlerReturnsIsTheResult() throws Exception {
        assertThat(result(run((job, context) -> Map.of("a", 1)))).isEqualTo(Json.MAPPER.readTree("{\"a\":1}"));
        assertThat(result(run((job, context) -> new Summary(3, "t"))))
                .isEqualTo(Json.MAPPER.readTree("{\"page_count\":3,\"title\":\"t\"}"));
        assertThat(result(run((job, context) -> List.of(1, "two")))).isEqualTo(Json.MAPPER.readTree("[1,\"two\"]"));
        assertThat(result(run((job, context) -> null)).isNull()).isTrue();
    }

    @Test
    void aResultThatPostgresCannotStoreIsCleaned() throws Exception {
        var stored = result(run((job, context) -> Map.of("t\0", "a\0b\ud800c", "ok", "\ud83d\ude00")));
        assertThat(stored.path("t\ufffd").textValue()).isEqualTo("a\ufffdb\ufffdc");
        assertThat(stored.path("ok").textValue()).isEqualTo("\ud83d\ude00");
    }

    static Stream<Object> unwritable() {
        var cycle = new HashMap<String, Object>();
        cycle.put("self", cycle);
        Object deep = "x";
        for (int i = 0; i < 200_000; i++) {
            deep = List.of(deep);
        }
        return Stream.of(
                Map.of("n", Double.NaN),
                new BigDecimal("1e200000"),
                List.of(Float.POSITIVE_INFINITY),
                cycle,
                deep,
                new Object(),
                new Unreadable());
    }

    /** Has a property that cannot be asked for. */
    public static final class Unreadable {
        public String getText() {
            throw new IllegalStateException("not now");
        }
    }

    @ParameterizedTest
    @MethodSource("unwritable")
    void aResultThatIsNoJsonFailsTheJob(Object value) {
        database.assertThatJob(run((job, context) -> value)).isFailed("RESULT_INVALID");
    }

    @Test
    void aResultThatPostgresRefusesForGoodFailsTheJob() {
        database.asOwner(
                "ALTER TABLE pipeline_jobs ADD CONSTRAINT picky CHECK (result IS DISTINCT FROM '\"refused\"'::jsonb)");
        try {
            var id = run((job, context) -> "refused");
            assertThat(database.assertThatJob(id)
                            .isFailed("RESULT_INVALID")
                            .job()
                            .error())
                    .contains("cannot be stored", "picky");
        } finally {
            database.asOwner("ALTER TABLE pipeline_jobs DROP CONSTRAINT picky");
        }
    }

    @Test
    void aHugeResultFailsTheJob() {
        var megabyte = "x".repeat(1 << 20);
        var id = run((job, context) -> Collections.nCopies(100, megabyte));
        assertThat(database.assertThatJob(id).isFailed("RESULT_TOO_LARGE").job().error())
                .contains("more than 16777216 characters");
    }

    @Test
    void aRecordThatNeverReachesPostgresIsNotHeldAgainstTheResult() {
        var pool = new Database(database.url(), "closed", 0, 1);
        try (var closed = new RunnerRig(pool, database.url(), Duration.ofMinutes(1), RunnerRig.LONG);
                var log = LogLines.of(JobRunner.class)) {
            var id = RunnerRig.aJob(database).insert();
            closed.handler.will((job, context) -> {
                pool.close(); // and so a failure without an SQLSTATE
                return "fine";
            });
            assertThat(closed.runner.run(id, "w1")).isEmpty();
            assertThat(log.lines())
                    .anyMatch(line -> line.contains("could not be recorded"))
                    .noneMatch(line -> line.contains("does not store the result"));
        }
    }
}
