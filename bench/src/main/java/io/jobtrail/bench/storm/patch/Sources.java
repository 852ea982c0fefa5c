package io.jobtrail.bench.storm.patch;

/** Where the patched sources lie in the checkout, and what several patches put into them. */
final class Sources {
    static final String JOB_STORE = "common/src/main/java/io/jobtrail/store/JobStore.java";
    static final String SHARED_STATEMENTS = "common/src/main/java/io/jobtrail/store/SharedStatements.java";
    static final String INTAKE = "api/src/main/java/io/jobtrail/api/Intake.java";
    static final String SWEEPER = "common/src/main/java/io/jobtrail/sweep/Sweeper.java";
    static final String WORKERS = "worker/src/main/java/io/jobtrail/run/Workers.java";
    static final String QUEUE_WORKER = "worker/src/main/java/io/jobtrail/run/QueueWorker.java";
    static final String JOB_RUNNER = "worker/src/main/java/io/jobtrail/run/JobRunner.java";
    static final String LIVE_CONTEXT = "worker/src/main/java/io/jobtrail/run/LiveContext.java";
    static final String OUTCOME = "worker/src/main/java/io/jobtrail/run/Outcome.java";
    static final String TRANSITIONS = "sql/R__2_transitions.sql";

    static final String HALT = "Runtime.getRuntime().halt(" + CrashPoint.EXIT_CODE + "); ";

    private Sources() {}

    /** A statement that waits; an interrupt does not end the wait, nor is it lost. */
    static String wait(int millis) {
        return "for (long end = System.nanoTime() + " + millis + "_000_000L; System.nanoTime() < end;) "
                + "java.util.concurrent.locks.LockSupport.parkNanos(Math.min(10_000_000L, end - System.nanoTime())); ";
    }
}
