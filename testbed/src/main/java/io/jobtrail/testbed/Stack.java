package io.jobtrail.testbed;

import io.jobtrail.client.JobtrailClient;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Everything a developer's Jobtrail consists of: Postgres, Redis, the API process and the worker processes. It starts them in
 * that order, reports the death of any, and stops them in the reverse one, so that workers can hand back what they hold.
 * It must not know what jobs are.
 */
final class Stack implements AutoCloseable {
    static final List<String> QUEUES = List.of("urgent", "default", "slow");

    private static final Duration READY_WITHIN = Duration.ofSeconds(120);
    private static final Duration READY_POLL = Duration.ofMillis(100);
    private static final Duration STOP_GRACE = Duration.ofSeconds(30);
    private static final int TAIL_LINES = 20;

    private final Path home;
    private final Path dev;
    private final PrintStream out;
    private final Map<String, String> environment;
    private final List<AutoCloseable> servers = new ArrayList<>();
    private final List<ChildProcess> workers = new ArrayList<>();
    private ChildProcess api;
    private volatile boolean closed;

    /**
     * @param home the checkout, with the built jars; data and logs go to {@code .dev} in it
     * @param environment the settings of all processes, in place of this one's
     */
    Stack(Path home, Map<String, String> environment, PrintStream out) {
        this.home = home;
        this.dev = home.resolve(".dev");
        this.environment = new HashMap<>(environment);
        this.out = out;
    }

    /** Takes {@code .dev} for this program alone, and empties it when asked to. */
    synchronized void prepare(boolean reset) {
        requireOpen();
        servers.add(ServerDirectory.take(dev));
        if (reset) {
            ServerDirectory.clear(dev.resolve("postgres"));
            ServerDirectory.clear(dev.resolve("redis"));
        }
        Directories.delete(dev.resolve("logs"));
        Directories.create(dev.resolve("logs"));
    }

    /** Starts the servers that no url was given for. */
    synchronized void startServers() {
        requireOpen();
        if (given("DATABASE_URL")) {
            out.println("Postgres   the one DATABASE_URL names");
        } else {
            PostgresServer postgres = PostgresServer.start(dev.resolve("postgres"));
            servers.add(postgres);
            postgres.createDatabaseIfMissing("jobtrail");
            environment.put("DATABASE_URL", postgres.url("jobtrail"));
            out.println("Postgres   " + postgres.url("jobtrail"));
        }
        if (given("REDIS_URL")) {
            out.println("Redis      the one REDIS_URL names");
        } else {
            RedisServer redis = RedisServer.startDurable(dev.resolve("redis"));
            servers.add(redis);
            environment.put("REDIS_URL", redis.url());
            out.println("Redis      " + redis.url());
        }
    }

    /**
     * Starts the API and waits until it is ready to serve.
     *
     * @throws IllegalStateException with the end of its log when it ends, or is not ready in time
     */
    void startApi(int port, JobtrailClient client) {
        synchronized (this) {
            requireOpen();
            environment.put("PORT", Integer.toString(port));
            environment.putIfAbsent("HOST", "127.0.0.1");
            api = startJar("api", "api/target/api.jar", List.of());
        }
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        while (!client.isReady()) {
            if (api.awaitExit(READY_POLL)) {
                throw new IllegalStateException("the API ended with exit code " + api.exitCode()
                        + " before it was ready. The end of its log:\n" + tail(api));
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "the API is not ready after " + READY_WITHIN.toSeconds() + " s:\n" + tail(api));
            }
        }
        api.onExit().thenAccept(this::reportDeath);
    }

    /** Starts one worker process for each queue. */
    synchronized void startWorkers() {
        requireOpen();
        for (String queue : QUEUES) {
            ChildProcess worker = startJar("worker-" + queue, "worker/target/worker.jar", List.of("--queues", queue));
            worker.onExit().thenAccept(this::reportDeath);
            workers.add(worker);
        }
    }

    /** Whether work can still be done: the API lives, and a worker too if any was started. */
    synchronized boolean isServing() {
        return !closed
                && api.isAlive()
                && (workers.isEmpty() || workers.stream().anyMatch(ChildProcess::isAlive));
    }

    /** Waits until this stack cannot do any work because of processes that ended, or has been closed. */
    void awaitEnd() {
        while (isServing()) {
            List<CompletableFuture<?>> deaths = new ArrayList<>();
            synchronized (this) {
                deaths.add(api.onExit());
                workers.stream().filter(ChildProcess::isAlive).forEach(worker -> deaths.add(worker.onExit()));
            }
            CompletableFuture.anyOf(deaths.toArray(CompletableFuture[]::new)).join();
        }
    }

    /** Whether {@link #close()} was called, which may be why something failed. */
    boolean isClosed() {
        return closed;
    }

    /** Stops the workers, then the API, then the servers, and returns when all are gone. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        workers.stream()
                .map(worker -> CompletableFuture.runAsync(() -> worker.stop(STOP_GRACE)))
                .toList()
                .forEach(CompletableFuture::join);
        if (api != null) {
            api.stop(STOP_GRACE);
        }
        for (int i = servers.size() - 1; i >= 0; i--) {
            closeServer(servers.get(i));
        }
    }

    private void closeServer(AutoCloseable server) {
        try {
            server.close();
        } catch (Exception e) {
            out.println("While stopping: " + e);
        }
    }

    private ChildProcess startJar(String name, String jar, List<String> arguments) {
        Path path = home.resolve(jar);
        if (!Files.exists(path)) {
            throw new IllegalStateException(path + " is missing; ./run_dev.sh builds it");
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + home.resolve("docker/java.options"),
                "-jar",
                path.toString()));
        command.addAll(arguments);
        return ChildProcess.start(
                name,
                dev.resolve("logs").resolve(name + ".log"),
                environment,
                Isolation.inOwnSession(Isolation.endedWithParent("TERM", command)));
    }

    private void reportDeath(ChildProcess child) {
        // Without the lock: while close() waits for the children it holds it, and their end is no news then.
        if (!closed) {
            out.println(child.name() + " ended with exit code " + child.exitCode() + ". The end of its log:\n"
                    + tail(child));
        }
    }

    private static String tail(ChildProcess child) {
        return child.logTail(TAIL_LINES).indent(4) + "    (all of it: " + child.log() + ")";
    }

    private boolean given(String name) {
        return !environment.getOrDefault(name, "").isBlank();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("stopped while starting");
        }
    }
}
