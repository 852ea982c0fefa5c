package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the database's table of transitions against {@link JobState#next()}, with updates that only the guard can refuse. */
class StateMachineTest {
    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    static Stream<Arguments> pairs() {
        return Arrays.stream(JobState.values())
                .flatMap(from -> Arrays.stream(JobState.values())
                        .filter(to -> to != from)
                        .map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void theDatabaseAllowsWhatJobStateAllows(JobState from, JobState to) {
        var id = jobIn(from);
        var version = version(id);
        if (from.next().contains(to)) {
            move(id, to);
            database.assertThatJob(id).is(to);
            assertThat(version(id)).isEqualTo(version + 1);
        } else {
            assertThatThrownBy(() -> move(id, to)).hasMessageContaining("is no legal transition");
            database.assertThatJob(id).is(from);
            assertThat(version(id)).isEqualTo(version);
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aTransitionByHandIsHeldToTheSameTable(JobState from, JobState to) {
        var id = jobIn(from);
        var byHand = "UPDATE pipeline_jobs SET status = '" + to.wireName() + "' WHERE id = '" + id + "'";
        if (from.next().contains(to)) {
            database.asOwner(byHand);
            database.assertThatJob(id).is(to).lastReasonIs("MANUAL");
        } else {
            assertThatThrownBy(() -> database.asOwner(byHand)).hasMessageContaining("is no legal transition");
            database.assertThatJob(id).is(from);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", "retrying", "awaiting_input", "finished", "failed", "cancelled"})
    void aJobStartsAsQueuedOnly(String state) {
        assertThatThrownBy(() -> database.asOwner("""
                        INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec, status, locked_by, finished_at, error_code)
                        SELECT gen_random_uuid(), 'default', 'x', 9, s, CASE WHEN s = 'running' THEN 'w' END,
                            CASE WHEN s IN ('finished', 'failed', 'cancelled') THEN now() END, 'X'
                        FROM (SELECT '%s' AS s) AS state""".formatted(state)))
                .hasMessageContaining("a job starts as queued with version 1");
    }

    @Test
    void aJobStartsWithVersionOneOnly() {
        assertThatThrownBy(() -> database.asOwner("INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec, version)"
                        + " VALUES (gen_random_uuid(), 'default', 'x', 9, 2)"))
                .hasMessageContaining("a job starts as queued with version 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "version = version + 1",
                "version = version - 1",
                "id = gen_random_uuid()",
                "version = version + 2"
            })
    void idAndVersionBelongToTheTrail(String change) {
        var id = jobIn(JobState.RUNNING);
        assertThatThrownBy(() -> database.asOwner("UPDATE pipeline_jobs SET " + change + " WHERE id = '" + id + "'"))
                .hasMessageContaining("id and version belong to the trail");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, 3})
    void aTransitionCountsVersionUpByOne(int step) {
        var id = jobIn(JobState.QUEUED);
        assertThatThrownBy(() -> database.asOwner("UPDATE pipeline_jobs SET status = 'cancelled', finished_at = now(),"
                        + " version = version + " + step + " WHERE id = '" + id + "'"))
                .hasMessageContaining("is no legal transition");
    }

    @Test
    void whatIsNotTheStateMayChangeWithoutAnEvent() {
        var id = jobIn(JobState.RUNNING);
        database.asOwner("UPDATE pipeline_jobs SET stage = 'x', payload = '{\"a\": 1}' WHERE id = '" + id + "'");
        database.assertThatJob(id).is(JobState.RUNNING).hasHistory("queued", "running");
    }

    @ParameterizedTest
    @ValueSource(strings = {"locked_by = NULL", "finished_at = now()", "progress = 1.5"})
    void checksRefuseRowsThatContradictThemselves(String change) {
        var id = jobIn(JobState.RUNNING);
        assertThatThrownBy(() -> database.asOwner("UPDATE pipeline_jobs SET " + change + " WHERE id = '" + id + "'"))
                .hasMessageContaining("violates check constraint");
    }

    @Test
    void everyStateHasTheColumnsThatBelongToIt() {
        assertThatThrownBy(() -> change(jobIn(JobState.QUEUED), "status = 'running'"))
                .hasMessageContaining("running_has_a_holder");
        assertThatThrownBy(() ->
                        change(jobIn(JobState.QUEUED), "locked_by = 'w', status = 'cancelled', finished_at = now()"))
                .hasMessageContaining("running_has_a_holder");
        assertThatThrownBy(() -> change(jobIn(JobState.RUNNING), "locked_by = NULL, status = 'finished'"))
                .hasMessageContaining("final_has_an_end");
        assertThatThrownBy(() -> change(jobIn(JobState.FAILED), "status = 'queued'"))
                .hasMessageContaining("final_has_an_end");
        assertThatThrownBy(() ->
                        change(jobIn(JobState.RUNNING), "locked_by = NULL, status = 'failed', finished_at = now()"))
                .hasMessageContaining("failed_has_a_code");
    }

    private static UUID jobIn(JobState state) {
        var id = database.aJob().insert();
        var way = switch (state) {
            case QUEUED -> List.<JobState>of();
            case RUNNING, CANCELLED -> List.of(state);
            default -> List.of(JobState.RUNNING, state);
        };
        database.asOwner(way.stream().map(next -> moving(id, next)).toArray(String[]::new));
        return id;
    }

    private static void move(UUID id, JobState to) {
        database.asOwner(moving(id, to));
    }

    private static void change(UUID id, String columns) {
        database.asOwner(changing(id, columns));
    }

    /** One transition with every column as the checks want it. */
    private static String moving(UUID id, JobState to) {
        return changing(
                id,
                "status = '%s', locked_by = %s, finished_at = %s, error_code = %s"
                        .formatted(
                                to.wireName(),
                                to == JobState.RUNNING ? "'w'" : "NULL",
                                to.isFinal() ? "now()" : "NULL",
                                to == JobState.FAILED ? "'X'" : "NULL"));
    }

    private static String changing(UUID id, String columns) {
        return "UPDATE pipeline_jobs SET version = version + 1, " + columns + " WHERE id = '" + id + "'";
    }

    private static int version(UUID id) {
        return database.reader().job(id).orElseThrow().version();
    }
}
