package io.jobtrail.sweep;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.jobtrail.job.Claim;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.testing.EmptyRedis;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** An empty database and an empty Redis, with what the tests of the sweeps do to them. */
final class SweepRig implements AutoCloseable {
    static final String HANDLER = "process_document";
    static final Duration LEASE = Duration.ofSeconds(60);

    final JobtrailDatabase database = JobtrailDatabase.fresh();
    final Redis redis = EmptyRedis.connect(8, Duration.ZERO);
    final JobQueue queue = new JobQueue(redis);
    private final Logger logger = (Logger) LoggerFactory.getLogger(getClass().getPackageName());
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    SweepRig() {
        log.list = new CopyOnWriteArrayList<>(); // read while the sweeps write
        log.start();
        logger.addAppender(log);
    }

    /** One that never rests. */
    PushMissing pushMissing(String... handlers) {
        return pushMissing(0, handlers);
    }

    PushMissing pushMissing(int rest, String... handlers) {
        return new PushMissing(database.reader(), queue, new Dispatcher(queue), List.of(handlers), rest);
    }

    /** Jobs due since a while, each a little later than the one before, without an entry in Redis. */
    void insertDue(int count) {
        database.asOwner("""
                INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec, run_after)
                SELECT uuid_v7(), 'default', '%s', 60, now() - interval '1 hour' + n * interval '1 ms'
                FROM generate_series(1, %d) n""".formatted(HANDLER, count), "ANALYZE pipeline_jobs");
    }

    List<UUID> due() {
        return database.reader().due(QueueName.DEFAULT, List.of(HANDLER), null, 1_000_000).stream()
                .map(job -> job.id())
                .toList();
    }

    /** In the order of the list, with what stands there twice. */
    List<UUID> listed() {
        List<String> texts = redis.call(jedis -> jedis.lrange(JobQueue.key(QueueName.DEFAULT), 0, -1));
        return texts.stream()
                .flatMap(text -> JobQueue.parse(text).stream())
                .map(JobQueue.Entry::id)
                .toList();
    }

    void push(List<UUID> ids) {
        queue.push(
                QueueName.DEFAULT,
                ids.stream().map(id -> new JobQueue.Entry(HANDLER, id)).toList());
    }

    /** How often a command was sent to Redis since the last flush of its statistics. */
    long calls(String command) {
        String all = redis.call(jedis -> jedis.info("commandstats"));
        return all.lines()
                .filter(line -> line.startsWith("cmdstat_" + command + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^:]*:calls=(\\d+),.*", "$1")))
                .sum();
    }

    /** What the sweeps log, with the level in front. */
    List<String> log() {
        return log.list.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    void silence(Claim claim) {
        database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '"
                + claim.id() + "'");
    }

    long count(String table) {
        return (Long) database.ask("SELECT count(*) FROM " + table);
    }

    @Override
    public void close() {
        logger.detachAppender(log);
        redis.close();
        database.close();
    }
}
