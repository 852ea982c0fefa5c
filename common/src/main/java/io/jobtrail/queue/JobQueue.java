package io.jobtrail.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.jobtrail.config.Json;
import io.jobtrail.job.QueueName;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import net.greghaines.jesque.Config;
import net.greghaines.jesque.ConfigBuilder;
import net.greghaines.jesque.Job;
import net.greghaines.jesque.client.ClientPoolImpl;

/**
 * The Redis lists of job ids, in Resque's form: {@code resque:queue:<name>} holds {@code {"class":handler,"args":[id]}}.
 * Whatever stands there is a hint; what it says is checked in Postgres before anything is done.
 */
public final class JobQueue {
    /** How many entries are read at once when a whole list is looked at. */
    private static final int PAGE = 5_000;

    private final Redis redis;
    private final ClientPoolImpl client;

    public JobQueue(Redis redis) {
        this.redis = redis;
        this.client = new ClientPoolImpl(config(), redis.pool());
    }

    /** Jesque reads its name space from here, and nothing else: connections come from the pool. */
    public static Config config() {
        return new ConfigBuilder().build();
    }

    public void push(QueueName queue, String handler, UUID id) {
        client.enqueue(queue.wireName(), entry(handler, id));
    }

    /** Pushes all in one round trip, in their order. */
    public void push(QueueName queue, List<Entry> entries) {
        client.batchEnqueue(
                queue.wireName(),
                entries.stream().map(e -> entry(e.handler(), e.id())).toList());
    }

    /** What one element of a list says. */
    public record Entry(String handler, UUID id) {}

    public long length(QueueName queue) {
        return redis.call(jedis -> jedis.llen(key(queue)));
    }

    /** The ids in the list. Not a snapshot: entries come and go while it is read. */
    public Set<UUID> ids(QueueName queue) {
        var ids = new HashSet<UUID>();
        for (int start = 0; ; start += PAGE) {
            int from = start;
            var page = redis.call(jedis -> jedis.lrange(key(queue), from, from + PAGE - 1));
            page.forEach(text -> parse(text).ifPresent(entry -> ids.add(entry.id())));
            if (page.size() < PAGE) {
                return ids;
            }
        }
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

    private static Job entry(String handler, UUID id) {
        return new Job(handler, id.toString());
    }
}
