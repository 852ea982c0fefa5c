package io.jobtrail.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.jobtrail.config.Json;
import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.greghaines.jesque.Config;
import net.greghaines.jesque.ConfigBuilder;
import net.greghaines.jesque.Job;
import net.greghaines.jesque.json.ObjectMapperFactory;
import redis.clients.jedis.Jedis;

/**
 * The Redis lists of job ids, in Resque's form: {@code resque:queue:<name>} holds {@code {"class":handler,"args":[id]}}.
 * Whatever stands there is a hint; what it says is checked in Postgres before anything is done.
 */
public final class JobQueue {
    /** How many entries are read at once when a whole list is looked at. */
    private static final int PAGE = 2_000;

    /** Workers take from the head while a list is read, and what stands behind moves up. */
    private static final int OVERLAP = 200;

    private static final Duration ANNOUNCE_EVERY = Duration.ofSeconds(5);

    static final String EPOCH = "jobtrail:epoch";

    private final Redis redis;
    private final Map<QueueName, Long> announced = new ConcurrentHashMap<>();
    private final SharedRoundTrips<Hint, Boolean> pushes = new SharedRoundTrips<>(this::push);

    public JobQueue(Redis redis) {
        this.redis = redis;
    }

    /** Jesque reads its name space from here, and nothing else: connections come from the pool. */
    public static Config config() {
        return new ConfigBuilder().build();
    }

    /** Puts all behind the list, in their order, in one round trip. Not with Jesque's batch, which does not tell when Redis refuses. */
    public void push(QueueName queue, List<Entry> entries) {
        var texts = entries.stream().map(JobQueue::text).toArray(String[]::new);
        redis.call(jedis -> {
            announce(jedis, queue);
            return jedis.rpush(key(queue), texts);
        });
    }

    private record Hint(QueueName queue, Entry entry) {}

    /** Puts one behind the list, in one round trip with those of other threads that come at the same moment. */
    public void push(QueueName queue, Entry entry) {
        pushes.submit(new Hint(queue, entry));
    }

    private List<Boolean> push(List<Hint> hints) {
        hints.stream()
                .collect(Collectors.groupingBy(Hint::queue, Collectors.mapping(Hint::entry, Collectors.toList())))
                .forEach(this::push);
        return Collections.nCopies(hints.size(), true);
    }

    /** Resque's tools find the queues in a set. Not with every push, but again and again: Redis may have been wiped. */
    private void announce(Jedis jedis, QueueName queue) {
        var now = System.nanoTime();
        var last = announced.get(queue);
        if (last == null || now - last > ANNOUNCE_EVERY.toNanos()) {
            jedis.sadd("resque:queues", queue.wireName());
            announced.put(queue, now);
        }
    }

    /** What one element of a list says. */
    public record Entry(String handler, UUID id) {}

    public long length(QueueName queue) {
        return redis.call(jedis -> jedis.llen(key(queue)));
    }

    /** Of all lists, from one connection. */
    public Map<QueueName, Long> lengths() {
        return redis.call(jedis -> {
            var lengths = new EnumMap<QueueName, Long>(QueueName.class);
            for (var queue : QueueName.values()) {
                lengths.put(queue, jedis.llen(key(queue)));
            }
            return lengths;
        });
    }

    /** Puts all in front of the list, in their order. */
    public void pushFirst(QueueName queue, List<Entry> entries) {
        var texts = new ArrayList<String>();
        entries.forEach(e -> texts.add(0, text(e))); // each one is put in front of those before it
        redis.call(jedis -> {
            announce(jedis, queue);
            return jedis.lpush(key(queue), texts.toArray(String[]::new));
        });
    }

    /** The ids in the list. Not a snapshot: entries come and go while it is read. */
    public Set<UUID> ids(QueueName queue) {
        var ids = new HashSet<UUID>();
        read(queue, page -> {
            ids.addAll(page);
            return true;
        });
        return ids;
    }

    /**
     * Hands out the ids in the list page by page, from the head, until the reader has seen enough.
     *
     * @param reader answers whether it wants the next page
     */
    public void read(QueueName queue, Predicate<List<UUID>> reader) {
        for (int start = 0; ; start += PAGE - OVERLAP) {
            int from = start;
            var page = redis.call(jedis -> jedis.lrange(key(queue), from, from + PAGE - 1));
            var ids = page.stream()
                    .map(JobQueue::parse)
                    .flatMap(Optional::stream)
                    .map(Entry::id)
                    .toList();
            if (!reader.test(ids) || page.size() < PAGE) {
                return;
            }
        }
    }

    /** Whether Redis still holds what it held when {@link #markComplete} was called: false for a new or an emptied one. */
    public boolean isComplete() {
        return redis.call(jedis -> jedis.exists(EPOCH));
    }

    /** Everything that is due, and for a handler of the caller, stands in the lists. */
    public void markComplete() {
        redis.call(jedis -> jedis.set(EPOCH, Instant.now().toString()));
    }

    /**
     * Removes what Resque's tools show about the worker threads of a dead process of ours.
     *
     * @param queues that the process served, in its order
     * @return how many threads there were
     */
    public int removeWorkers(String host, long pid, List<String> queues) {
        var ours = Pattern.compile(Pattern.quote(host + ":" + pid + "-") + "\\d+"
                + Pattern.quote(":JAVA_DYNAMIC_QUEUES," + String.join(",", queues)));
        return redis.call(jedis -> {
            var names = jedis.smembers("resque:workers").stream()
                    .filter(name -> ours.matcher(name).matches())
                    .toList();
            for (var name : names) {
                jedis.del(
                        "resque:worker:" + name, "resque:worker:" + name + ":started", "resque:stat:processed:" + name);
                jedis.srem("resque:workers", name); // last, so that after an interruption the name is found again
            }
            return names.size();
        });
    }

    public static String key(QueueName queue) {
        return "resque:queue:" + queue.wireName();
    }

    /** Empty for anything but a job of ours. Reads plain JSON: nothing that stands in Redis can name a class to load. */
    public static Optional<Entry> parse(String text) {
        try {
            var node = Json.MAPPER.readTree(text);
            var id = node.path("args").path(0);
            return id.isTextual() && id.textValue().length() == 36
                    ? Optional.of(new Entry(node.path("class").asText(), UUID.fromString(id.textValue())))
                    : Optional.empty();
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String text(Entry entry) {
        try {
            return ObjectMapperFactory.get().writeValueAsString(entry(entry.handler(), entry.id()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("two strings can always be written as JSON", e);
        }
    }

    private static Job entry(String handler, UUID id) {
        return new Job(handler, id.toString());
    }
}
