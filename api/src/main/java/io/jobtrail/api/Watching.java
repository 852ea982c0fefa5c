package io.jobtrail.api;

import io.jobtrail.config.Settings;
import io.jobtrail.job.ChangeListener;
import io.jobtrail.queue.ChangeHints;
import io.jobtrail.queue.ChangeWatch;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.Changes;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.WaitingJobs;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.Executor;

/** The parts of the web process that hear of changes of jobs, put together, and their common start and end. Holds no rule. */
final class Watching implements AutoCloseable {
    /** Of what there is for everything. */
    private static final long CACHE_BYTES = Runtime.getRuntime().maxMemory() / 32;

    private final ChangeFeed feed;
    private final JobCache cache;
    private final StatusWaits waits;
    private final EventStream stream;
    private final Departures departures = new Departures();

    /** Null, likewise hints: runs without Redis. */
    private final ChangeWatch watch;

    private final ChangeHints hints;
    private final WaitingJobs waiting;
    private final JobReader reader;
    private final Executor answering;

    /** @param answering the threads that take requests */
    Watching(
            Database database,
            Redis redis,
            Settings settings,
            JobReader reader,
            MeterRegistry meters,
            Executor answering) {
        hints = redis == null ? null : new ChangeHints(redis);
        watch = redis == null ? null : new ChangeWatch(settings.redisUrl(), jobs -> feed().look(jobs));
        var changes = new Changes(database);
        waiting = new WaitingJobs(database);
        this.reader = reader;
        this.answering = answering;
        feed = new ChangeFeed(changes, () -> watch != null && watch.isHearing());
        cache = new JobCache(reader, feed, CACHE_BYTES, meters);
        waits = new StatusWaits(waiting, feed, settings.maxWaiters(), meters);
        stream = new EventStream(changes, feed, settings.maxEventClients(), meters);
    }

    /** For what is made before it, and used after. */
    private ChangeFeed feed() {
        return feed;
    }

    /** What this process changes is known here at once, and told to the others. */
    ChangeListener listener() {
        return jobs -> {
            cache.changed(jobs);
            feed.look(jobs);
            if (hints != null) {
                hints.changed(jobs);
            }
        };
    }

    StatusEndpoint status(Access access) {
        return new StatusEndpoint(cache, reader, waiting, waits, departures, new Patience(waiting), access, answering);
    }

    EventsEndpoint events(Access access) {
        return new EventsEndpoint(stream, departures, access);
    }

    void start() {
        feed.start(List.of(cache, waits, stream));
        if (watch != null) {
            watch.start();
        }
    }

    /** Before the server stops, which waits for those it has not answered. */
    void answerAll() {
        waits.close();
        stream.close();
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
        feed.close();
        if (hints != null) {
            hints.close();
        }
        departures.close();
    }
}
