package io.jobtrail.bench.storm.jesque;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Expectation;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import net.greghaines.jesque.Job;
import net.greghaines.jesque.client.ClientPoolImpl;
import net.greghaines.jesque.utils.PoolUtils;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The baseline's client: Jesque 2.2.0 as its documentation shows it, without Postgres. Of the two clients shown there this uses
 * the one with a pool of connections, because the other never recovers once Redis was away. A job counts as acked when
 * {@code enqueue} returned; there is nothing to repeat a submission by.
 */
public final class PlainProducer {
    private PlainProducer() {}

    /** Arguments: URL of Redis, directory of the run, seed, jobs per second, number of jobs. */
    public static void main(String[] arguments) {
        run(
                arguments[0],
                Path.of(arguments[1]),
                Long.parseLong(arguments[2]),
                Double.parseDouble(arguments[3]),
                Integer.parseInt(arguments[4]));
    }

    /** Returns when the last job was submitted. */
    public static void run(String redis, Path directory, long seed, double jobsPerSecond, int jobs) {
        var random = new SplittableRandom(seed);
        var config = PlainConfig.of(redis);
        try (var ledger = new ClientLedger(directory);
                var pool = PoolUtils.createJedisPool(config)) {
            var client = new ClientPoolImpl(config, pool);
            long start = System.nanoTime();
            for (int n = 0; n < jobs; n++) {
                LockSupport.parkNanos((long) (n * 1e9 / jobsPerSecond) - (System.nanoTime() - start));
                var job = new Job(PlainJob.NAME, n, millis(random));
                ledger.attempted(n, null, null, Expectation.FINISHES);
                try {
                    client.enqueue(PlainJob.QUEUE, job);
                    ledger.acked(n, PlainJob.id(n), false);
                } catch (JedisException e) {
                    ledger.unknown(n, e.toString());
                }
            }
        }
    }

    /** Mostly short, like the jobs of the storm. */
    private static int millis(SplittableRandom random) {
        return random.nextDouble() < 0.05 ? random.nextInt(1_000, 3_001) : random.nextInt(20, 51);
    }
}
