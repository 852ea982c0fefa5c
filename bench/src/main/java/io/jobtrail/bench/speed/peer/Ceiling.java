package io.jobtrail.bench.speed.peer;

import io.jobtrail.bench.speed.tally.Payload;
import io.jobtrail.bench.speed.tally.SpeedHandler;
import io.jobtrail.bench.speed.tally.Tally;
import io.jobtrail.config.Json;
import io.jobtrail.job.JobIds;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * What Jobtrail's own SQL allows when each transition is one statement and one commit: plain JDBC loops, one connection each.
 * The ids go from the producers to the workers through shared memory, which costs nothing.
 */
final class Ceiling implements Contestant {
    private static final int LOOK_NANOS = 100_000;

    @Override
    public String name() {
        return "ceiling";
    }

    @Override
    public boolean hasQueue() {
        return false;
    }

    @Override
    public void createSchema(Backends template) throws SQLException {
        TrailTables.create(template);
    }

    @Override
    public void preload(Backends backends, int jobs) throws SQLException {
        var ids = IntStream.range(0, jobs).mapToObj(i -> JobIds.next()).toList();
        try (var connection = connect(backends)) {
            var payload = Payload.map(Tally.now());
            TrailTables.enqueue(
                    connection,
                    ids.stream().map(id -> TrailTables.submission(id, payload)).toList());
        }
        var queue = queue(backends);
        ids.forEach(id -> add(queue, id));
    }

    @Override
    public Producer producer(Backends backends) {
        var queue = queue(backends);
        var connections = ThreadLocal.withInitial(() -> connect(backends));
        return new Producer() {
            @Override
            public void enqueue(long sent) throws SQLException {
                var id = JobIds.next();
                TrailTables.enqueue(connections.get(), List.of(TrailTables.submission(id, Payload.map(sent))));
                add(queue, id);
            }

            @Override
            public void close() {} // the process ends
        };
    }

    @Override
    public AutoCloseable work(Backends backends, int threads) {
        var ids = new Ids(queue(backends));
        var handled = backends.handled();
        var all = new ArrayList<Thread>();
        for (int i = 0; i < threads; i++) {
            var worker = "bench:" + i;
            var thread = new Thread(() -> {
                try (var connection = connect(backends)) {
                    for (UUID id; (id = ids.take()) != null; ) {
                        run(connection, id, worker, handled);
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            all.add(thread);
            thread.start();
        }
        return () -> {
            all.forEach(Thread::interrupt);
            for (var thread : all) {
                thread.join();
            }
        };
    }

    private static void run(Connection connection, UUID id, String worker, Tally handled) throws SQLException {
        int version;
        try (var claim = connection.prepareStatement(
                "SELECT (claimed).* FROM turn_jobs('{}', '{}', '{}', ARRAY[?], ARRAY[?], ARRAY[?])")) {
            claim.setObject(1, id);
            claim.setString(2, worker);
            claim.setString(3, SpeedHandler.NAME);
            try (var row = claim.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalStateException("nobody else could have claimed " + id);
                }
                version = row.getInt("version");
                handled.add(Payload.sent(row.getString("payload")), Tally.now());
            }
        }
        try (var complete = connection.prepareStatement(
                "SELECT ended FROM turn_jobs(ARRAY[?], ARRAY[?], ARRAY[?::jsonb], '{}', '{}', '{}')")) {
            complete.setObject(1, id);
            complete.setInt(2, version);
            complete.setString(3, Json.forDatabase(null));
            complete.executeQuery().close();
        }
    }

    @Override
    public void verify(Backends backends, long jobs) throws SQLException {
        TrailTables.verify(backends, jobs);
    }

    private static Connection connect(Backends backends) {
        try {
            var connection = backends.connect();
            try (var statement = connection.createStatement()) {
                statement.execute("SET jit = off"); // as Jobtrail does
            }
            return connection;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Tally queue(Backends backends) {
        return new Tally(backends.directory().resolve("ids"));
    }

    private static void add(Tally queue, UUID id) {
        queue.add(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    /**
     * The ids that nobody has taken yet. One thread at a time looks whether there are more and the others wait for it, or sixteen
     * idle ones would need the processor that they wait for.
     */
    private static final class Ids {
        private final Tally queue;
        private long next;

        Ids(Tally queue) {
            this.queue = queue;
        }

        /** Null when interrupted. */
        synchronized UUID take() {
            Tally.Entry entry;
            while ((entry = queue.get(next)) == null) {
                if (Thread.interrupted()) {
                    return null;
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
            next++;
            return new UUID(entry.first(), entry.second());
        }
    }
}
