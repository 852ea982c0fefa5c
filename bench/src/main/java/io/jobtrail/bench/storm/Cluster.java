package io.jobtrail.bench.storm;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.PgBouncer;
import io.jobtrail.testbed.Ports;
import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.RedisServer;
import io.jobtrail.testbed.TcpProxy;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A whole Jobtrail of separate processes on this machine: real servers, a proxy in front of each for the API and for the
 * workers, and somebody who starts again what dies. Does nothing bad by itself and judges nothing.
 */
public final class Cluster implements Victim, AutoCloseable {
    private static final String DATABASE = "jobtrail";
    private static final Duration READY_WITHIN = Duration.ofSeconds(90);
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    /** Small and quick to start, for many of them share the machine and are started again and again. */
    private static final List<String> JVM =
            List.of("-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError");

    /**
     * How the system is set up.
     *
     * @param checkout with the packaged jars
     * @param directory of this run: ledgers, logs and the servers' data
     * @param concurrency of each worker
     * @param pooledSessions so many sessions of Postgres are lent to all programs by a PgBouncer; 0 = there is none
     * @param apiPatch classes that go before those of the API; null = none
     * @param workerPatch the same for the workers
     */
    public record Setup(
            Path checkout,
            Path directory,
            int workers,
            int concurrency,
            int pooledSessions,
            Duration lease,
            Duration heartbeat,
            Path apiPatch,
            Path workerPatch) {}

    private final Setup setup;
    private final Parts parts = new Parts();
    private final PostgresServer postgres;
    private final RedisServer redis;
    private final Map<Link, TcpProxy> proxies = new HashMap<>();
    private final List<Member> workers = new ArrayList<>();
    private final int port = Ports.free();
    private Member api;

    /** Starts the servers and the proxies; the programs come with {@link #start}. */
    public Cluster(Setup setup) {
        this.setup = setup;
        try {
            postgres = parts.add(PostgresServer.start(setup.directory().resolve("postgres")));
            redis = parts.add(RedisServer.start(setup.directory().resolve("redis")));
            int sessions = setup.pooledSessions() == 0
                    ? postgres.port()
                    : parts.add(pooler()).port();
            for (var link : Link.values()) {
                var server = link == Link.API_POSTGRES || link == Link.WORKERS_POSTGRES ? sessions : redis.port();
                proxies.put(link, parts.add(TcpProxy.to(server)));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private PgBouncer pooler() {
        return PgBouncer.start(
                setup.directory().resolve("pgbouncer"),
                postgres,
                setup.checkout().resolve("docs/pgbouncer.ini"),
                Map.of("default_pool_size", Integer.toString(setup.pooledSessions())));
    }

    /**
     * Starts the API, waits until it serves, then starts the workers.
     *
     * @param onSchema called with the owner's connection once the schema is there and before the first worker starts
     */
    public void start(SqlStep onSchema) {
        postgres.createDatabaseIfMissing(DATABASE);
        if (setup.pooledSessions() > 0) {
            Schema.migrate(database()); // no program can, through a pooler
        }
        var log = setup.directory().resolve("logs");
        var handlers = setup.directory().resolve("handlers");
        try {
            Files.createDirectories(log);
            Files.createDirectories(handlers);
            Files.copy(jar("bench"), handlers.resolve("bench.jar"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var environment = environment(Link.API_POSTGRES, Link.API_REDIS);
        environment.put("PORT", Integer.toString(port));
        environment.put("HOST", "127.0.0.1");
        api = parts.add(
                new Member("api", log.resolve("api.log"), environment, command("api", setup.apiPatch(), "ApiMain")));
        api.start();
        awaitReady(log.resolve("api.log"));
        try (var owner = connect()) {
            // Known before a worker has registered it, so that work can be sent at once.
            try (var statement = owner.createStatement()) {
                statement.execute("INSERT INTO pipeline_handlers (name) VALUES ('storm') ON CONFLICT DO NOTHING");
            }
            onSchema.on(owner);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        environment = environment(Link.WORKERS_POSTGRES, Link.WORKERS_REDIS);
        environment.put("HANDLERS_DIR", handlers.toString());
        environment.put("WORKER_CONCURRENCY", Integer.toString(setup.concurrency()));
        environment.put("STORM_DIRECTORY", setup.directory().toString());
        for (int i = 1; i <= setup.workers(); i++) {
            var name = "worker-" + i;
            var worker = new Member(
                    name,
                    log.resolve(name + ".log"),
                    environment,
                    command("worker", setup.workerPatch(), "WorkerMain"));
            workers.add(parts.add(worker));
            worker.start();
        }
    }

    private Map<String, String> environment(Link toPostgres, Link toRedis) {
        return new HashMap<>(Map.of(
                "DATABASE_URL",
                postgres.url(DATABASE)
                        .replace(":" + postgres.port(), ":" + proxy(toPostgres).port()),
                "REDIS_URL",
                "redis://127.0.0.1:" + proxy(toRedis).port(),
                "LEASE_SECONDS",
                Long.toString(setup.lease().toSeconds()),
                "HEARTBEAT_SECONDS",
                Long.toString(setup.heartbeat().toSeconds()),
                "SHUTDOWN_SECONDS",
                "6",
                "DB_POOL_MIN",
                "0",
                "DB_POOL_MAX",
                "8"));
    }

    private List<String> command(String module, Path patch, String main) {
        var classPath = (patch == null ? "" : patch + File.pathSeparator) + jar(module);
        return Stream.of(Stream.of(Checkout.java()), JVM.stream(), Stream.of("-cp", classPath, "io.jobtrail." + main))
                .flatMap(part -> part)
                .toList();
    }

    private Path jar(String module) {
        return new Checkout(setup.checkout()).jar(module);
    }

    private void awaitReady(Path log) {
        var deadline = System.nanoTime() + READY_WITHIN.toNanos();
        while (!answers("/health/ready")) {
            pause(Duration.ofMillis(100));
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "the API is not ready after " + READY_WITHIN.toSeconds() + " s, see " + log);
            }
        }
    }

    private boolean answers(String path) {
        try {
            var connection =
                    (HttpURLConnection) URI.create(url() + path).toURL().openConnection();
            connection.setConnectTimeout(1_000);
            connection.setReadTimeout(3_000);
            return connection.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while starting", e);
        }
    }

    /** Of the API. */
    public String url() {
        return "http://127.0.0.1:" + port;
    }

    /** Of the database, past the proxies. */
    public DatabaseUrl database() {
        return DatabaseUrl.parse(postgres.url(DATABASE));
    }

    /** As the owner, past the proxies. */
    @Override
    public Connection connect() throws SQLException {
        var url = database();
        return DriverManager.getConnection(url.jdbcUrl(), url.user(), url.password());
    }

    @Override
    public PostgresServer postgres() {
        return postgres;
    }

    @Override
    public RedisServer redis() {
        return redis;
    }

    @Override
    public TcpProxy proxy(Link link) {
        return proxies.get(link);
    }

    @Override
    public Member api() {
        return api;
    }

    @Override
    public List<Member> workers() {
        return workers;
    }

    /** All links pass everything on, and both servers run. */
    @Override
    public void heal() {
        proxies.values().forEach(TcpProxy::passOn);
        postgres.startAgain();
        redis.startAgain();
    }

    /** Stops the workers as an operator would, so that they give back what they hold; they do not come back. */
    public void stopWorkers() {
        workers.parallelStream().forEach(worker -> worker.close(STOP_GRACE));
    }

    @Override
    public void close() {
        parts.close();
    }
}
