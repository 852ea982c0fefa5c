package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobState;
import io.jobtrail.store.ModelOperation.Step;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The whole engine against a small {@link Model} of it: random sequences of everything that workers, people and sweepers do, two
 * operations at each moment. {@code -Dmodel.seed=N} runs one sequence again and again, for its races differ from run to run;
 * {@code -Dmodel.sequences=N} says how many are run.
 */
class ModelTest {
    private static final int LANES = 3;
    private static final int STEPS = 12;
    private static final Long SEED = Long.getLong("model.seed");
    private static final int SEQUENCES = Integer.getInteger("model.sequences", 2_000);
    private static final int UNTIL_NOTICED = 2_000;

    @Test
    void whateverHappensTogetherHappensInSomeOrder() {
        var seeds = new AtomicLong();
        var seen = Together.run(LANES, lane -> {
            try (var database = JobtrailDatabase.fresh()) {
                for (var i = seeds.getAndIncrement(); i < SEQUENCES; i = seeds.getAndIncrement()) {
                    agree(database.runtime(), SEED == null ? i : SEED);
                }
                assertThat(database.ask("SELECT count(*) FROM recount_jobs()"))
                        .as("counts that were wrong")
                        .isEqualTo(0L);
                return transitions(database.runtime());
            }
        });
        if (SEED == null && SEQUENCES >= 100) {
            assertThat(seen.stream().flatMap(Set::stream).collect(Collectors.toSet()))
                    .as("every transition there is, but one that nobody makes")
                    .containsExactlyInAnyOrderElementsOf(legalTransitions());
        }
    }

    /** What the test is there to find: each of these faults is one line that somebody could leave out. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "turn_jobs | AND j.version = w.version",
                "update_job_heartbeats | AND j.version = h.version",
                "ask_person | AND j.version = p_version",
                "retry_jobs | AND status IN ('failed', 'cancelled')",
                "cancel_jobs | FOR NO KEY UPDATE",
                "turn_jobs | FOR NO KEY UPDATE OF j SKIP LOCKED",
            })
    void aMissingGuardIsFound(String function, String guard) {
        try (var database = JobtrailDatabase.fresh()) {
            var source =
                    (String) database.ask("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = ?", function);
            assertThat(source).contains(guard);
            database.asOwner(source.replace(guard, ""));
            assertIsNoticed(database.runtime());
        }
    }

    @Test
    void aTransitionWithoutItsEventIsFound() {
        try (var database = JobtrailDatabase.fresh()) {
            database.asOwner("ALTER TABLE pipeline_jobs DISABLE TRIGGER pipeline_jobs_5_trail_update");
            assertIsNoticed(database.runtime());
        }
    }

    private static void assertIsNoticed(Database database) {
        assertThat(LongStream.range(0, UNTIL_NOTICED)
                        .anyMatch(seed -> run(database, seed).isPresent()))
                .isTrue();
    }

    private static void agree(Database database, long seed) {
        var disagreement = run(database, seed);
        if (disagreement.isPresent()) {
            var steps = ModelSequence.shrink(database, ModelOperation.randomSteps(seed, STEPS));
            throw new AssertionError("seed %d (-Dmodel.seed=%d):%n%s%nthese steps suffice:%n%s"
                    .formatted(
                            seed,
                            seed,
                            disagreement.get(),
                            steps.stream().map(Step::toString).collect(Collectors.joining("\n"))));
        }
    }

    private static Optional<String> run(Database database, long seed) {
        return ModelSequence.run(database, ModelOperation.randomSteps(seed, STEPS));
    }

    private static Set<String> transitions(Database database) {
        return new HashSet<>(database.list(
                "SELECT DISTINCT previous_state || ' to ' || new_state FROM pipeline_job_events"
                        + " WHERE previous_state IS NOT NULL",
                row -> row.getString(1)));
    }

    private static List<String> legalTransitions() {
        return Arrays.stream(JobState.values())
                .flatMap(from -> from.next().stream().map(to -> from.wireName() + " to " + to.wireName()))
                .filter(pair -> !pair.equals("awaiting_input to failed"))
                .toList();
    }
}
