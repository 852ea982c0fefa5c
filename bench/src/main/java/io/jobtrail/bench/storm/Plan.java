package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.ledger.ClientLedger.Expectation;
import io.jobtrail.document.Sha256;
import io.jobtrail.job.QueueName;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * All that is decided about one submission before it is sent: a function of the run's seed and the submission's number alone,
 * so that a run can be repeated and every repetition of a submission has the same content.
 *
 * @param key null when it is sent without an idempotency key
 * @param document the file; null when it is sent as JSON
 * @param cancelAfterMillis how long after its ack an operator cancels it; null = never
 * @param retryAfterMillis how long after its ack, or after the cancellation, an operator retries it, should it be over; null =
 *     never
 */
record Plan(
        Order order,
        QueueName queue,
        String key,
        byte[] document,
        Integer cancelAfterMillis,
        Integer retryAfterMillis) {

    /** Most cancellations come much earlier, while a short job still waits or runs. */
    private static final int MAX_CANCEL_AFTER_MILLIS = 2_000;

    /** @param leaseSeconds some jobs take longer than that */
    static Plan of(long seed, int n, double leaseSeconds) {
        // An odd factor, but not the one by which this generator steps: with that, neighbours would draw the same
        // numbers.
        var random = new SplittableRandom(seed + n * 0xD1342543DE82EF95L);
        var order = new Order(n, millis(random, leaseSeconds), fail(random));
        var queue = QueueName.values()[random.nextInt(QueueName.values().length)];
        var key = random.nextBoolean() ? "storm-" + seed + "-" + n : null;
        var document = random.nextDouble() < 0.3 ? document(random, seed, n) : null;
        boolean permanent = order.fail() == Order.Failing.PERMANENT;
        boolean cancelled = random.nextDouble() < 0.02 && !permanent;
        boolean retried = (cancelled || permanent) && random.nextBoolean();
        return new Plan(
                order,
                queue,
                key,
                document,
                cancelled ? (int) (MAX_CANCEL_AFTER_MILLIS * Math.pow(random.nextDouble(), 4)) : null,
                retried ? 500 + random.nextInt(3_000) : null);
    }

    int n() {
        return order.n();
    }

    /** What the handler must find: of the file, or of the input. */
    String sha256() {
        return Sha256.of(document == null ? Order.canonicalBytes(order.toMap()) : document);
    }

    Expectation expectation() {
        if (order.fail() == Order.Failing.PERMANENT) {
            return Expectation.FAILS;
        }
        return cancelAfterMillis == null ? Expectation.FINISHES : Expectation.CANCELS_MAYBE;
    }

    private static int millis(SplittableRandom random, double leaseSeconds) {
        var kind = random.nextDouble();
        if (kind < 0.005) {
            return (int) (leaseSeconds * 1_500);
        }
        return kind < 0.055 ? random.nextInt(1_000, 3_001) : random.nextInt(20, 51);
    }

    private static Order.Failing fail(SplittableRandom random) {
        var kind = random.nextDouble();
        if (kind < 0.01) {
            return Order.Failing.PERMANENT;
        }
        return kind < 0.06 ? Order.Failing.ONCE : Order.Failing.NEVER;
    }

    /** Begins with seed and number, so that no two files of any run are the same. */
    private static byte[] document(SplittableRandom random, long seed, int n) {
        var text = new StringBuilder("seed " + seed + ", submission " + n + "\n");
        for (int i = random.nextInt(2_000); i > 0; i--) {
            text.append((char) random.nextInt(' ', '~'));
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
