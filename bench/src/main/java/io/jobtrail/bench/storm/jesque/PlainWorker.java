package io.jobtrail.bench.storm.jesque;

import static net.greghaines.jesque.utils.JesqueUtils.entry;
import static net.greghaines.jesque.utils.JesqueUtils.map;

import io.jobtrail.bench.storm.ledger.HandlerLedger;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import net.greghaines.jesque.worker.MapBasedJobFactory;
import net.greghaines.jesque.worker.Worker;
import net.greghaines.jesque.worker.WorkerImpl;

/**
 * The baseline's worker: Jesque 2.2.0 as its documentation shows it, without Postgres. Adds nothing that would save a job, and
 * takes nothing away; the process ends when its workers have ended.
 */
public final class PlainWorker {
    private static final long SHUTDOWN_MILLIS = 10_000;

    private PlainWorker() {}

    /** Arguments: URL of Redis, directory of the run, and how many workers (1 when it is not given). */
    public static void main(String[] arguments) throws InterruptedException {
        PlainJob.ledger = new HandlerLedger(Path.of(arguments[1]));
        int count = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
        var workers =
                IntStream.range(0, count).mapToObj(i -> worker(arguments[0])).toList();
        var threads = workers.stream().map(Thread::new).toList();
        threads.forEach(Thread::start);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(workers, threads)));
        for (var thread : threads) {
            thread.join();
        }
    }

    static Worker worker(String redis) {
        return new WorkerImpl(
                PlainConfig.of(redis),
                List.of(PlainJob.QUEUE),
                new MapBasedJobFactory(map(entry(PlainJob.NAME, PlainJob.class))));
    }

    private static void shutDown(List<Worker> workers, List<Thread> threads) {
        workers.forEach(worker -> worker.end(true));
        try {
            for (var thread : threads) {
                thread.join(SHUTDOWN_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
