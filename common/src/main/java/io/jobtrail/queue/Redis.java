package io.jobtrail.queue;

import java.net.URI;
import java.time.Duration;
import java.util.function.Function;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocketFactory;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPool;
import redis.clients.jedis.JedisPoolConfig;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A bounded pool of connections to Redis, from {@code redis://} or {@code rediss://} with optional user and password. Every
 * wait is bounded: a Redis that hangs costs a caller at most a few seconds. Over TLS the certificate must be trusted and bear the
 * name of the host.
 */
public final class Redis implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofMillis(500);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(2);

    private final JedisPool pool;
    private final int blockingTimeoutMillis;

    /**
     * @param connections the most that are open at once; blocking pops each hold one
     * @param longestBlock how long a blocking command may take before the connection counts as dead
     */
    public Redis(String url, int connections, Duration longestBlock) {
        this(url, connections, longestBlock, null);
    }

    /** @param trust makes the connections of {@code rediss://}; null = trusts whom Java trusts */
    Redis(String url, int connections, Duration longestBlock, SSLSocketFactory trust) {
        var config = new JedisPoolConfig();
        config.setMaxTotal(connections);
        config.setMaxIdle(connections);
        config.setMinIdle(0);
        config.setMaxWait(ANSWER_TIMEOUT);
        config.setTestOnBorrow(false);
        config.setTestWhileIdle(true);
        config.setJmxEnabled(false);
        var tls = new SSLParameters();
        tls.setEndpointIdentificationAlgorithm("HTTPS"); // else any trusted certificate would do, whatever its name
        blockingTimeoutMillis = (int) longestBlock.plus(ANSWER_TIMEOUT).toMillis();
        pool = new JedisPool(
                config,
                URI.create(url),
                (int) CONNECT_TIMEOUT.toMillis(),
                (int) ANSWER_TIMEOUT.toMillis(),
                blockingTimeoutMillis,
                trust,
                tls,
                null);
    }

    /** Runs commands on one connection. Throws JedisException when Redis is away or refuses. */
    public <T> T call(Function<Jedis, T> commands) {
        try (var jedis = pool.getResource()) {
            // Jedis 3.10 drops what its pool was told about this, and a blocking pop would wait for ever when Redis
            // hangs.
            jedis.getClient().setInfiniteSoTimeout(blockingTimeoutMillis);
            return commands.apply(jedis);
        }
    }

    /** Whether it answers now. */
    public boolean isUsable() {
        try {
            return call(Jedis::ping) != null;
        } catch (JedisException e) {
            return false;
        }
    }

    /** Whether this was thrown because Redis is away or refuses, rather than because something is wrong here. */
    public static boolean isToBlame(Throwable failure) {
        return failure instanceof JedisException;
    }

    /** For Jesque, which wants the pool itself. */
    public JedisPool pool() {
        return pool;
    }

    @Override
    public void close() {
        pool.close();
    }
}
