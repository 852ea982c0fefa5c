package io.jobtrail.bench.speed;

import io.jobtrail.bench.process.Parts;
import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestant;
import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;

/**
 * The one Postgres and the one Redis that all contestants share, one after the other. Each measurement finds them empty and
 * with nothing left to write. Durability is what Postgres ships with; anything less is refused.
 */
final class Servers {
    /** Room as a small server would have it, and no checkpoint in the middle of a window. */
    private static final Map<String, String> SETTINGS = Map.of("shared_buffers", "512MB", "max_wal_size", "4GB");

    private static final Map<String, String> DURABILITY =
            Map.of("fsync", "on", "synchronous_commit", "on", "full_page_writes", "on");

    private static final String MAINTENANCE = "postgres";
    private static final Pattern CALLS = Pattern.compile("cmdstat_(\\w+).*?:calls=(\\d+)");

    private final PostgresServer postgres;
    private final RedisServer redis;
    private final Path tallies;
    private final Set<String> templates = new HashSet<>();
    private int measurement;

    /** @param directory of the run, for the servers' data */
    Servers(Path directory, Parts parts) {
        var data = directory.resolve("data");
        parts.add(() -> delete(data)); // once the servers have ended: they may be large
        postgres = parts.add(PostgresServer.start(data.resolve("postgres"), SETTINGS));
        redis = parts.add(RedisServer.start(data.resolve("redis")));
        tallies = talliesDirectory(directory);
        parts.add(() -> delete(tallies));
    }

    /** In memory where the system has such a place, so that counting never writes to the disk that is measured. */
    private static Path talliesDirectory(Path directory) {
        try {
            var memory = Path.of("/dev/shm");
            return Files.createTempDirectory(Files.isWritable(memory) ? memory : directory, "jobtrail-speed-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empty servers and tallies for one measurement. */
    Backends fresh(Contestant contestant) throws Exception {
        var name = contestant.name().replace('-', '_');
        var template = "template_" + name;
        if (templates.add(template)) {
            postgres.createDatabase(template);
            contestant.createSchema(new Backends(postgres.url(template), redis.url(), tallies));
        }
        var database = "speed_" + name;
        postgres.dropDatabase(database);
        postgres.createDatabase(database, template);
        try (var jedis = redis()) {
            jedis.flushAll();
        }
        delete(tallies.resolve(Integer.toString(measurement)));
        var directory = Files.createDirectories(tallies.resolve(Integer.toString(++measurement)));
        var backends = new Backends(postgres.url(database), redis.url(), directory);
        contestant.prepare(backends);
        return backends;
    }

    /** Writes out what came before, so that nobody pays for somebody else's, or for its own filling. */
    void settle() throws SQLException {
        execute("CHECKPOINT");
    }

    /** Whether each flush waits two milliseconds for others, as a slower disk makes it. */
    void emulateSlowFlush(boolean slow) throws SQLException {
        for (var setting : new String[] {"commit_delay = 2000", "commit_siblings = 0"}) {
            execute(slow ? "ALTER SYSTEM SET " + setting : "ALTER SYSTEM RESET " + setting.split(" ")[0]);
        }
        execute("SELECT pg_reload_conf()");
    }

    /**
     * What the servers have done so far.
     *
     * @param commits in the database of these backends; Postgres counts them about a second late
     */
    record Work(long redisCommands, long walBytes, long commits) {
        Work since(Work before) {
            return new Work(redisCommands - before.redisCommands, walBytes - before.walBytes, commits - before.commits);
        }
    }

    Work work(Backends backends) throws SQLException {
        long commands = 0;
        try (var jedis = redis()) {
            var calls = CALLS.matcher(jedis.info("commandstats"));
            while (calls.find()) {
                commands += calls.group(1).equals("info") ? 0 : Long.parseLong(calls.group(2));
            }
        }
        try (var connection = maintain();
                var question = connection.prepareStatement("""
                        SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, xact_commit
                        FROM pg_stat_database WHERE datname = ?""")) {
            var url = backends.databaseUrl();
            question.setString(1, url.substring(url.lastIndexOf('/') + 1));
            try (var row = question.executeQuery()) {
                row.next();
                return new Work(commands, row.getLong(1), row.getLong(2));
            }
        }
    }

    /** @throws IllegalStateException when Postgres could lose what it has committed: then no figure would count */
    Map<String, String> facts() throws SQLException {
        var facts = new LinkedHashMap<String, String>();
        try (var connection = maintain();
                var statement = connection.createStatement()) {
            for (var setting : new String[] {
                "server_version",
                "fsync",
                "synchronous_commit",
                "full_page_writes",
                "wal_sync_method",
                "shared_buffers",
                "max_wal_size",
                "commit_delay",
                "commit_siblings"
            }) {
                try (var row = statement.executeQuery("SHOW " + setting)) {
                    row.next();
                    facts.put("postgres " + setting, row.getString(1));
                }
            }
        }
        DURABILITY.forEach((setting, value) -> {
            var found = facts.get("postgres " + setting);
            if (!value.equals(found)) {
                throw new IllegalStateException(setting + " is " + found + ": nothing is measured without durability");
            }
        });
        try (var jedis = redis()) {
            facts.put("redis version", jedis.info("server").replaceFirst("(?s).*redis_version:(\\S+).*", "$1"));
            facts.put("redis appendonly", jedis.configGet("appendonly").get(1));
        }
        return facts;
    }

    private Jedis redis() {
        return new Jedis("127.0.0.1", redis.port());
    }

    private Connection maintain() throws SQLException {
        return new Backends(postgres.url(MAINTENANCE), redis.url(), tallies).connect();
    }

    private void execute(String sql) throws SQLException {
        try (var connection = maintain();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
