package io.jobtrail.bench.speed.peer;

import io.jobtrail.bench.speed.tally.Tally;
import io.jobtrail.config.Logging;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * The producing process. Arguments: the contestant's name; how many threads; jobs per second, 0 for as many as they can; the
 * backlog. Each thread sends one job a call until SIGTERM, after which those under way are finished.
 *
 * <p>As many as it can means: up to the backlog more than were handled, so that one who produces faster than it works does
 * not spend the machine on a backlog that grows. A given rate is an open loop: the moments are fixed beforehand, whatever the
 * answers take, as long as one of the threads is free.
 */
public final class Produce {
    public static final int THREADS = 8;

    private static final int LOOK_NANOS = 500_000;

    private final Contestant.Producer producer;
    private final int senders;
    private final double rate;
    private final int backlog;
    private final Tally produced;
    private final Tally handled;
    private final AtomicLong next = new AtomicLong();
    private final long start = System.nanoTime();
    private volatile boolean stopping;

    private Produce(Contestant.Producer producer, Backends backends, int senders, double rate, int backlog) {
        this.producer = producer;
        this.senders = senders;
        this.rate = rate;
        this.backlog = backlog;
        produced = backends.produced();
        handled = backends.handled();
    }

    public static void main(String[] arguments) throws Exception {
        Logging.configure(System.getenv());
        var backends = Backends.ofEnvironment();
        try (var producer = Contestants.named(arguments[0]).producer(backends)) {
            new Produce(
                            producer,
                            backends,
                            Integer.parseInt(arguments[1]),
                            Double.parseDouble(arguments[2]),
                            Integer.parseInt(arguments[3]))
                    .run();
        }
    }

    private void run() throws InterruptedException {
        var threads = IntStream.range(0, senders)
                .mapToObj(i -> new Thread(this::send, "producer-" + i))
                .toList();
        threads.forEach(Thread::start);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping = true;
            join(threads);
        }));
        join(threads);
    }

    private static void join(List<Thread> threads) {
        try {
            for (var thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send() {
        try {
            while (waitForTurn()) {
                long sent = Tally.now();
                producer.enqueue(sent);
                produced.add(sent, Tally.now());
            }
        } catch (Exception e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1); // a measurement with fewer producers would be none
        }
    }

    private boolean waitForTurn() {
        if (rate > 0) {
            long at = start + (long) (next.getAndIncrement() * 1e9 / rate);
            for (long left; !stopping && (left = at - System.nanoTime()) > 0; ) {
                LockSupport.parkNanos(left);
            }
        } else {
            waitForRoom();
        }
        return !stopping;
    }

    /** One thread at a time looks and the others wait for it: looking must not cost what is to be measured. */
    private synchronized void waitForRoom() {
        while (!stopping && produced.count() - handled.count() >= backlog) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
