package io.jobtrail.bench.speed.peer;

import io.jobtrail.bench.process.Checkout;
import java.util.List;
import java.util.Map;

/**
 * One of those who are measured: how it is set up, filled, sent to and worked off. The same object serves in the measuring
 * process, in the one that produces and in the one that works; it keeps nothing between calls.
 */
public interface Contestant {
    String name();

    /** Whether a slower flush can make a difference to it. */
    default boolean usesPostgres() {
        return true;
    }

    /** Whether its queue lets a waiting worker hear of a job, so that a latency can be asked for. */
    default boolean hasQueue() {
        return true;
    }

    /** Makes its tables in an empty database, once; each measurement gets a copy. */
    default void createSchema(Backends template) throws Exception {}

    /** Brings empty servers into the state of a system that runs. Before each measurement. */
    default void prepare(Backends backends) throws Exception {}

    /** Queues so many jobs the quickest way there is. */
    void preload(Backends backends, int jobs) throws Exception;

    /** The way in which an application sends a job. */
    interface Producer extends AutoCloseable {
        /**
         * Returns when the job is accepted. Any number of threads may call.
         *
         * @param sent goes into the payload
         */
        void enqueue(long sent) throws Exception;
    }

    Producer producer(Backends backends) throws Exception;

    /**
     * Works in this process until closed, for those that have no program of their own; each call of the handler goes into
     * {@link Backends#handled()}.
     */
    AutoCloseable work(Backends backends, int threads) throws Exception;

    /** The worker's program, without Java and its options. */
    default List<String> workerProgram(Checkout checkout, int threads) {
        return List.of(
                "-cp", checkout.jar("bench").toString(), Work.class.getName(), name(), Integer.toString(threads));
    }

    /** Settings of the worker's program beside those of the backends. */
    default Map<String, String> workerEnvironment(Backends backends) {
        return Map.of();
    }

    /** Once the worker has ended: throws unless exactly so many jobs are recorded as done, as far as it keeps records. */
    default void verify(Backends backends, long jobs) throws Exception {}
}
