package io.jobtrail.bench.storm;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import io.jobtrail.bench.storm.jesque.PlainProducer;
import io.jobtrail.bench.storm.jesque.PlainTally;
import io.jobtrail.bench.storm.jesque.PlainWorker;
import io.jobtrail.bench.storm.ledger.FaultLedger;
import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.RedisServer;
import io.jobtrail.testbed.TcpProxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The baseline: plain Jesque without Postgres under the same schedule, as far as it has what the faults strike. Its programs are
 * started again when they die, as ours are.
 */
final class PlainJesque implements Victim, AutoCloseable {
    /** How long after healing nothing may happen any more until the rest counts as lost. */
    private static final Duration QUIET = Duration.ofSeconds(15);

    private final Path directory;
    private final RedisServer redis;
    private final Map<Link, TcpProxy> proxies;
    private final List<Member> workers = new ArrayList<>();
    private final Parts parts = new Parts();

    private PlainJesque(Path directory, int processes, int concurrency) {
        this.directory = directory;
        redis = parts.add(RedisServer.start(directory.resolve("redis")));
        proxies = Map.of(
                Link.API_REDIS,
                parts.add(TcpProxy.to(redis.port())),
                Link.WORKERS_REDIS,
                parts.add(TcpProxy.to(redis.port())));
        for (int i = 1; i <= processes; i++) {
            var name = "worker-" + i;
            workers.add(parts.add(new Member(
                    name,
                    directory.resolve(name + ".log"),
                    Map.of(),
                    List.of(
                            Checkout.java(),
                            "-Xmx160m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            PlainWorker.class.getName(),
                            url(Link.WORKERS_REDIS),
                            directory.toString(),
                            Integer.toString(concurrency)))));
        }
    }

    /** Runs the schedule and counts what is left. */
    static PlainTally run(
            Path directory, Schedule schedule, long seed, double rate, int jobs, int processes, int concurrency)
            throws InterruptedException {
        try (var system = new PlainJesque(directory, processes, concurrency);
                var faults = new FaultLedger(directory);
                var turbulence = new Turbulence(system, faults)) {
            system.workers.forEach(Member::start);
            var producer = new Thread(
                    () -> PlainProducer.run(system.url(Link.API_REDIS), directory, seed, rate, jobs), "producer");
            producer.start();
            turbulence.run(schedule.only(PlainJesque::hasTargetOf), () -> {});
            producer.join();
            return system.settled();
        }
    }

    private static boolean hasTargetOf(Schedule.Entry entry) {
        return switch (entry.fault().target) {
            case WORKER, REDIS -> true;
            case LINK -> entry.link() == Link.API_REDIS || entry.link() == Link.WORKERS_REDIS;
            case API, POSTGRES -> false;
        };
    }

    private PlainTally settled() throws InterruptedException {
        var tally = PlainTally.of(directory);
        var quietSince = System.nanoTime();
        while (System.nanoTime() - quietSince < QUIET.toNanos() && tally.lost() > 0) {
            Thread.sleep(500);
            var now = PlainTally.of(directory);
            if (now.lost() != tally.lost()) {
                quietSince = System.nanoTime();
            }
            tally = now;
        }
        return tally;
    }

    private String url(Link link) {
        return "redis://127.0.0.1:" + proxies.get(link).port();
    }

    @Override
    public List<Member> workers() {
        return workers;
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
    public void heal() {
        proxies.values().forEach(TcpProxy::passOn);
        redis.startAgain();
    }

    @Override
    public Member api() {
        throw new UnsupportedOperationException("plain Jesque has no API");
    }

    @Override
    public PostgresServer postgres() {
        throw new UnsupportedOperationException("plain Jesque has no Postgres");
    }

    @Override
    public Connection connect() {
        throw new UnsupportedOperationException("plain Jesque has no Postgres");
    }

    @Override
    public void close() {
        parts.close();
    }
}
