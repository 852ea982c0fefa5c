package io.jobtrail.store;

import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Statements that wait for what somebody has locked, each on the thread of its caller. At most half of the connections do so at a
 * time, in the order of the callers: those that threads share always find one. An interrupt ends neither them nor the wait for a turn, and is not
 * forgotten: a pool of connections would refuse a thread with the flag set, whatever is to be recorded. There is one for each pool,
 * or the halves of two would be the whole. Knows no table.
 */
final class PatientStatements {
    /** As for a connection. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Semaphore turns;

    PatientStatements(Database database) {
        turns = new Semaphore(Math.max(1, database.size() / 2), true);
    }

    /** @throws DatabaseFailure what the statement throws, or that it was not sent, as so many others wait */
    <T> T ask(Supplier<T> statement) {
        boolean interrupted = Thread.interrupted();
        boolean admitted = false;
        try {
            long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
            for (long left = LONGEST_WAIT.toNanos(); !admitted && left > 0; left = deadline - System.nanoTime()) {
                try {
                    admitted = turns.tryAcquire(left, TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (!admitted) {
                throw notSent();
            }
            return statement.get();
        } finally {
            if (admitted) {
                turns.release();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static DatabaseFailure notSent() {
        return new DatabaseFailure(
                "not sent", new SQLTransientConnectionException("as many statements as may wait for locked rows do"));
    }
}
