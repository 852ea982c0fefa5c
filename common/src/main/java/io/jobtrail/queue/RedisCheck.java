package io.jobtrail.queue;

import io.jobtrail.config.NetworkFault;
import io.jobtrail.job.QueueName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Says in words what is wrong with Redis. Tries a tiny write, because a Redis that answers may still take nothing, and looks at
 * the lists, whose keys somebody else may have used. Changes nothing that anybody relies on.
 */
public final class RedisCheck {
    private static final String PROBE = "jobtrail:health";
    private static final long PROBE_MILLIS = 10_000;

    private final Redis redis;

    public RedisCheck(Redis redis) {
        this.redis = redis;
    }

    /** Why Redis cannot be used now; empty when it can. */
    public Optional<String> fault() {
        try {
            return redis.call(jedis -> {
                jedis.psetex(PROBE, PROBE_MILLIS, "1");
                for (var queue : QueueName.values()) {
                    jedis.llen(JobQueue.key(queue));
                }
                return Optional.empty();
            });
        } catch (JedisException e) {
            return Optional.of(inWords(e));
        }
    }

    /** What should be mended although Redis can be used. */
    public List<String> warnings() {
        try {
            return redis.call(RedisCheck::warnings);
        } catch (JedisException e) {
            return List.of(); // it has gone away since, as the next check will say
        }
    }

    /**
     * What is known of a Redis that can be used.
     *
     * @param limited whether its memory has a limit
     * @param policy what it does at that limit
     * @param persistence how it keeps its data over a restart, in words
     */
    public record Standing(String version, boolean limited, String policy, String persistence) {
        public boolean mayEvict() {
            return limited && !policy.isEmpty() && !policy.equals("noeviction");
        }

        public String inWords() {
            return "Redis %s, %s, %s"
                    .formatted(
                            version, limited ? "maxmemory-policy " + policy : "maxmemory without a limit", persistence);
        }
    }

    /** Empty where it is forbidden, as for some users of a managed Redis. */
    public Optional<Standing> standing() {
        try {
            return redis.call(jedis -> {
                var info = jedis.info();
                return Optional.of(new Standing(
                        value(info, "redis_version"),
                        !value(info, "maxmemory").equals("0"),
                        value(info, "maxmemory_policy"),
                        value(info, "aof_enabled").equals("1")
                                ? "keeps its data (append-only file)"
                                : snapshots(jedis)));
            });
        } catch (JedisException e) {
            return Optional.empty();
        }
    }

    private static String snapshots(Jedis jedis) {
        try {
            return jedis.configGet("save").stream().skip(1).allMatch(String::isEmpty)
                    ? "keeps no data: after a restart all ids are pushed again, and no job is lost"
                    : "keeps its data (snapshots)";
        } catch (JedisDataException e) {
            return "does not tell whether it keeps its data";
        }
    }

    private static List<String> warnings(Jedis jedis) {
        var warnings = new ArrayList<String>();
        if (!jedis.exists(JobQueue.EPOCH)) {
            warnings.add("Redis has lost its data or is new: ids are being pushed again");
        }
        memory(jedis)
                .filter(info -> !"0".equals(value(info, "maxmemory")))
                .map(info -> value(info, "maxmemory_policy"))
                .filter(policy -> !policy.isEmpty() && !policy.equals("noeviction"))
                .ifPresent(policy -> warnings.add("Redis may throw ids away when its memory is full (maxmemory-policy "
                        + policy + "): set maxmemory-policy to noeviction"));
        return warnings;
    }

    /** Empty where it is forbidden, as for some users of a managed Redis. */
    private static Optional<String> memory(Jedis jedis) {
        try {
            return Optional.of(jedis.info("memory"));
        } catch (JedisDataException e) {
            return Optional.empty();
        }
    }

    private static String value(String info, String name) {
        var line = Pattern.compile("(?m)^" + name + ":(\\S*)").matcher(info);
        return line.find() ? line.group(1) : "";
    }

    private static String inWords(JedisException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof JedisDataException refusal) {
                return refusal(String.valueOf(refusal.getMessage()));
            }
        }
        // The client says without a cause that an answer has ended before its end.
        return NetworkFault.inWords(failure)
                .orElse(failure instanceof JedisConnectionException ? NetworkFault.BROKEN_OFF : "no connection");
    }

    private static String refusal(String message) {
        return switch (message.split(" ", 2)[0]) {
            case "OOM" -> "its memory is full, so it takes no writes; give it more";
            case "READONLY" -> "it is a replica, which takes no writes; REDIS_URL must name the primary";
            case "MISCONF" -> "it takes no writes because it cannot save its data to disk";
            case "LOADING" -> "it is still loading its data";
            case "NOAUTH", "WRONGPASS" -> "authentication failed: REDIS_URL needs another user or password";
            case "NOPERM" -> "the user of REDIS_URL may not write keys resque:* and jobtrail:*";
            case "WRONGTYPE" -> "a key resque:queue:* holds something else than a list; delete that key";
            default ->
                message.contains("password")
                        ? "authentication failed: REDIS_URL has a password, which it does not know"
                        : "it refuses writes: " + message;
        };
    }
}
