package io.jobtrail.queue;

import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;

/**
 * Hears what {@link ChangeHints} of all processes tell. Goes on by itself after Redis was away; {@link #isHearing} says whether
 * hints would arrive now, as far as that can be known. Has one connection of its own.
 */
public final class ChangeWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeWatch.class);
    private static final Duration PING = Duration.ofSeconds(1);
    private static final Duration SILENCE = Duration.ofSeconds(4);
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Redis redis;
    private final Consumer<Set<UUID>> heard;
    private final Thread reader = new Thread(this::read, "change-watch");
    private final Thread pinger = new Thread(this::ping, "change-ping");
    private volatile Jedis connection;
    private volatile JedisPubSub subscription;
    private volatile boolean subscribed;
    private volatile boolean closed;
    private volatile long lastSign;

    /** @param heard gets the ids; none = any job may have been changed. Called by one thread, which it must not hold up */
    public ChangeWatch(String redisUrl, Consumer<Set<UUID>> heard) {
        redis = new Redis(redisUrl, 1, SILENCE);
        this.heard = heard;
        reader.setDaemon(true);
        pinger.setDaemon(true);
    }

    public void start() {
        reader.start();
        pinger.start();
    }

    public boolean isHearing() {
        return subscribed && System.nanoTime() - lastSign < SILENCE.toNanos();
    }

    private final class Subscription extends JedisPubSub {
        @Override
        public void onSubscribe(String channel, int channels) {
            lastSign = System.nanoTime();
            subscribed = true;
            heard.accept(Set.of()); // nobody was listening before
        }

        @Override
        public void onMessage(String channel, String message) {
            lastSign = System.nanoTime();
            heard.accept(ids(message));
        }

        @Override
        public void onPong(String answer) {
            lastSign = System.nanoTime();
        }
    }

    private void read() {
        while (!closed) {
            try {
                redis.call(jedis -> {
                    connection = jedis;
                    subscription = new Subscription();
                    jedis.subscribe(subscription, ChangeHints.CHANNEL);
                    return null;
                });
            } catch (RuntimeException e) {
                LOG.debug("no hints from Redis: {}", e.toString());
            }
            subscribed = false;
            pause(PAUSE);
        }
    }

    /** A connection that is silent may be dead: it has to answer from time to time. */
    private void ping() {
        while (!closed) {
            pause(PING);
            try {
                if (subscribed) {
                    subscription.ping();
                }
            } catch (RuntimeException e) {
                LOG.debug("Redis cannot be asked for a sign of life: {}", e.toString());
            }
        }
    }

    private void pause(Duration time) {
        try {
            if (!closed) {
                Thread.sleep(time.toMillis());
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** None for whatever is no list of ids: what stands in Redis may be anything. */
    private static Set<UUID> ids(String message) {
        try {
            return Arrays.stream(message.split(",")).map(UUID::fromString).collect(Collectors.toSet());
        } catch (IllegalArgumentException e) {
            return Set.of();
        }
    }

    @Override
    public void close() {
        closed = true;
        reader.interrupt();
        pinger.interrupt();
        var open = connection;
        if (open != null) {
            try {
                open.getClient().disconnect(); // ends the wait for the next message
            } catch (RuntimeException e) {
                LOG.debug("the connection to Redis was broken already: {}", e.toString());
            }
        }
        redis.close();
    }
}
