package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What no row of a job may hold, whoever writes it. */
class JobRowTest {
    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "queue | 'fast'",
                "realm | ''",
                "realm | 'a realm'",
                "realm | repeat('r', 65)",
                "realm | E'line\\n'",
                "handler | ''",
                "handler | 'no/handler'",
                "handler | repeat('h', 65)",
                "max_attempts | 0",
                "max_attempts | 1001",
                "timeout_sec | 0",
                "payload | '[]'",
                "payload | 'null'",
                "idempotency_key | ''",
                "idempotency_key | repeat('k', 256)",
            })
    void isRefusedWhenItIsInsertedAndWhenItIsChanged(String column, String value) {
        var id = database.aJob().insert();
        assertThatThrownBy(() -> database.asOwner("""
                        INSERT INTO pipeline_jobs (id, %1$s, %2$s)
                        SELECT gen_random_uuid(), %3$s, %2$s FROM pipeline_jobs WHERE id = '%4$s'
                        """.formatted(column, others(column), value, id)))
                .hasMessageContaining("cannot be like this");
        assertThatThrownBy(() -> database.asOwner(
                        "UPDATE pipeline_jobs SET %s = %s WHERE id = '%s'".formatted(column, value, id)))
                .hasMessageContaining("job " + id + " cannot be like this");
        database.assertThatJob(id).is(JobState.QUEUED);
    }

    /** What an insert must name beside the column. */
    private static String others(String column) {
        return Stream.of("queue", "handler", "timeout_sec")
                .filter(needed -> !needed.equals(column))
                .collect(Collectors.joining(", "));
    }
}
