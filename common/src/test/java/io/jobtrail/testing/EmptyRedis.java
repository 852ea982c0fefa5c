package io.jobtrail.testing;

import io.jobtrail.queue.Redis;
import io.jobtrail.testbed.TestServers;
import java.time.Duration;

/** The Redis of the tests of this process, which run one after the other: each that connects in this way finds it empty. */
public final class EmptyRedis {
    private EmptyRedis() {}

    /**
     * @param connections most at a time
     * @param longestBlock of a command that waits
     */
    public static Redis connect(int connections, Duration longestBlock) {
        var redis = new Redis(TestServers.redis().url(), connections, longestBlock);
        redis.call(jedis -> jedis.flushAll());
        return redis;
    }
}
