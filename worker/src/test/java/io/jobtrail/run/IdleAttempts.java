package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.job.Claim;
import io.jobtrail.run.LiveContext.Stop;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Attempts whose handlers do nothing until they are interrupted, or this is closed. */
final class IdleAttempts implements AutoCloseable {
    private final Database database;
    private final List<Attempt> attempts = new ArrayList<>();

    IdleAttempts(Database database) {
        this.database = database;
    }

    /** On a thread of its own, kept alive when this returns. */
    Attempt start(Heartbeats heartbeats, Claim claim) throws InterruptedException {
        var attempt = new Attempt();
        attempts.add(attempt);
        var kept = new CountDownLatch(1);
        var thread = new Thread(() -> {
            attempt.context = new LiveContext(
                    claim, new Documents(new DocumentStore(database), null), new ChunkStore(database), null);
            try (var alive = heartbeats.start(attempt.context, System.nanoTime())) {
                kept.countDown();
                attempt.over.await();
            } catch (InterruptedException e) {
                attempt.interrupted.countDown();
            }
        });
        thread.setDaemon(true);
        thread.start();
        kept.await();
        return attempt;
    }

    static final class Attempt {
        private final CountDownLatch over = new CountDownLatch(1);
        private final CountDownLatch interrupted = new CountDownLatch(1);
        private volatile LiveContext context;

        LiveContext context() {
            return context;
        }

        boolean isInterrupted() {
            return interrupted.getCount() == 0;
        }

        void isStoppedFor(Stop reason) {
            await().until(this::isInterrupted);
            assertThat(context.stopReason()).contains(reason);
        }

        void end() {
            over.countDown();
        }
    }

    @Override
    public void close() {
        attempts.forEach(Attempt::end);
    }
}
