package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.Claim;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.ChunkStore.NewChunk;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** Jobs in the states of which the API has most to tell, with all that can be known of them. */
final class JobsToTellOf {
    private static final String PROMPT = """
            {"questions": [{"name": "action", "text": "Right?", "choices": ["approve", "reject"], "required": true},
                           {"name": "feedback", "text": "Why?", "choices": [], "required": false}],
             "content": {"summary": "short"}}""";

    private final JobtrailDatabase database;

    JobsToTellOf(JobtrailDatabase database) {
        this.database = database;
    }

    Claim running() {
        return database.aJob().claimedBy("w");
    }

    Claim finished() {
        var claim = running();
        var chunks = List.of(
                new NewChunk("one", 2, 1, 2, new float[] {0.5f, -0.25f}),
                new NewChunk("two", 2, null, null, new float[] {1}));
        assertThat(new ChunkStore(database.runtime()).store(claim, 0, chunks)).isTrue();
        database.store().complete(claim, "{\"summary\":\"short\"}");
        return claim;
    }

    UUID failed() {
        var claim = running();
        database.store().fail(claim, "NO_TEXT", "there are no words", true, Duration.ZERO);
        return claim.id();
    }

    UUID asking() {
        var claim = database.aJob().queue(QueueName.SLOW).claimedBy("w");
        assertThat(database.store().askPerson(claim, "review", "confirm", PROMPT))
                .isTrue();
        return claim.id();
    }
}
