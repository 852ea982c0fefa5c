package io.jobtrail.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobEvent;
import io.jobtrail.job.JobState;
import io.jobtrail.store.JobReader;
import java.util.UUID;

/** What tests say about a job. Every state is checked together with the soundness of the trail behind it. */
public final class JobAssert {
    private final JobReader reader;
    private final UUID id;

    JobAssert(JobReader reader, UUID id) {
        this.reader = reader;
        this.id = id;
    }

    public JobDetails job() {
        return reader.job(id).orElseThrow();
    }

    public JobAssert is(JobState state) {
        assertThat(job().status()).isEqualTo(state);
        assertThat(reader.verifyTrail(id)).isEmpty();
        return this;
    }

    public JobAssert isFinished() {
        return is(JobState.FINISHED);
    }

    public JobAssert isFailed(String code) {
        is(JobState.FAILED);
        assertThat(job().errorCode()).isEqualTo(code);
        return this;
    }

    public JobAssert isRetrying(String code) {
        is(JobState.RETRYING);
        assertThat(job().errorCode()).isEqualTo(code);
        return this;
    }

    /** The states of the trail, in their order. */
    public JobAssert hasHistory(String... states) {
        assertThat(reader.history(id).stream().map(JobEvent::newState)).containsExactly(states);
        return this;
    }

    public JobAssert lastReasonIs(String reason) {
        var events = reader.history(id);
        assertThat(events.get(events.size() - 1).reason()).isEqualTo(reason);
        return this;
    }
}
