package io.jobtrail;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM or Ctrl-C, as something to wait for. Holds the end of the JVM back until the jobs are cared for, and ends it with 0
 * then: a stop that went as it should is no error. Does not say what a stop is.
 */
final class StopSignal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StopSignal.class);

    /** Past this the platform kills us anyway; the jobs are given back well before. */
    private static final Duration RESERVE = Duration.ofSeconds(5);

    private final Duration patience;
    private final Thread hook = new Thread(this::holdTheEndBack, "shutdown");
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);
    private Runnable reaction = () -> {};
    private volatile int exit = 1;

    private StopSignal(Duration patience) {
        this.patience = patience;
    }

    /** @param patience how long whoever has to stop may take for it */
    static StopSignal listen(Duration patience) {
        var signal = new StopSignal(patience);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** Waits for the signal; false: it did not come in this time. */
    boolean await(Duration time) throws InterruptedException {
        return asked.await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What to do as soon as the signal comes, on a thread of its own; at once when it has come already. */
    synchronized void onStop(Runnable wanted) {
        reaction = wanted;
        if (asked.getCount() == 0) {
            new Thread(wanted, "stop").start();
        }
    }

    /** All is done that a stop asks for. */
    void heeded() {
        exit = 0;
    }

    private void holdTheEndBack() {
        if (isOwnDoing()) {
            // As a crash, so that the job is charged: given back, it would end one worker after the other for ever.
            LOG.error("a handler has ended this process (System.exit); its jobs are released once their lease is over");
            Runtime.getRuntime().halt(3);
        }
        react();
        try {
            done.await(patience.plus(RESERVE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exit);
    }

    /** A signal ends the JVM past this method. */
    private static boolean isOwnDoing() {
        return Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.getClassName().equals(Runtime.class.getName())
                        && frame.getMethodName().equals("exit"));
    }

    private synchronized void react() {
        asked.countDown();
        reaction.run();
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            done.countDown(); // the JVM is ending, and waits for this
        }
    }
}
