package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.check.Checker;
import io.jobtrail.bench.storm.check.Kills;
import io.jobtrail.bench.storm.check.Verdict;
import io.jobtrail.bench.storm.ledger.DatabaseLedger;
import io.jobtrail.bench.storm.ledger.FaultLedger;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalTime;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One storm from its beginning to the verdict: starts the system, sends work and does harm at the same time, heals everything,
 * waits until all jobs have ended or time is up, reads the ledgers and has them judged. The numbers come from the seed alone.
 */
public final class StormRun {
    private static final Duration TO_ANSWER = Duration.ofSeconds(45);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Cluster.Setup setup;
    private final Schedule schedule;
    private final long seed;
    private final double rate;
    private final Duration time;
    private final Duration settle;
    private final PrintStream out;

    /**
     * @param rate submissions per second
     * @param time how long submissions come and faults strike
     * @param settle what the last job may still need after healing: retries with growing pauses, releases, restarts
     */
    public StormRun(
            Cluster.Setup setup,
            Schedule schedule,
            long seed,
            double rate,
            Duration time,
            Duration settle,
            PrintStream out) {
        this.setup = setup;
        this.schedule = schedule;
        this.seed = seed;
        this.rate = rate;
        this.time = time;
        this.settle = settle;
        this.out = out;
    }

    /**
     * What came of it.
     *
     * @param done faults that struck; some find their server away already
     * @param restarts how often a program was started again
     * @param kills of workers, by what they were doing
     * @param health each change of what {@code /health} said
     * @param toSettle from healing until the last job had ended
     */
    public record Outcome(
            long seed,
            Path directory,
            Verdict verdict,
            Map<String, Long> faults,
            int done,
            int restarts,
            Map<Kills.Phase, Long> kills,
            List<Health.Change> health,
            Duration toSettle) {}

    /** @param sabotage takes a protection away, as owner of the schema, before the first worker starts */
    public Outcome run(SqlStep sabotage) throws InterruptedException, SQLException, IOException {
        var directory = setup.directory();
        schedule.write(directory.resolve("schedule.txt"), seed);
        say("storm %d: %d faults in %d s, ledgers in %s"
                .formatted(seed, schedule.entries().size(), time.toSeconds(), directory));
        try (var cluster = new Cluster(setup);
                var faults = new FaultLedger(directory);
                var turbulence = new Turbulence(cluster, faults)) {
            cluster.start(sabotage);
            say("the system is up");
            List<Health.Change> health;
            Duration toSettle;
            try (var load = new Load(new Load.Settings(
                    cluster.url(),
                    directory,
                    seed,
                    rate,
                    (int) (rate * time.toSeconds()),
                    setup.lease().toSeconds(),
                    cluster.database()))) {
                turbulence.run(schedule, () -> say(load.counts().toString()));
                say("healed; " + load.counts());
                var healed = System.nanoTime();
                while (!load.hasSubmittedAll()) {
                    Thread.sleep(LOOK.toMillis());
                }
                int open = load.finish(TO_ANSWER);
                say(open + " submissions are without a clear answer; " + load.counts());
                awaitEnds(cluster);
                toSettle = Duration.ofNanos(System.nanoTime() - healed);
                health = load.healthChanges();
            }
            int restarts = cluster.workers().stream().mapToInt(Member::starts).sum()
                    - cluster.workers().size()
                    + cluster.api().starts()
                    - 1;
            cluster.stopWorkers();
            try (var owner = cluster.connect()) {
                DatabaseLedger.write(owner, hints(cluster), directory);
            }
            var history = History.read(directory);
            return new Outcome(
                    seed,
                    directory,
                    Checker.check(history),
                    turbulence.counts(),
                    turbulence.done(),
                    restarts,
                    Kills.byPhase(history, Fault.KILL_WORKER.wireName()),
                    health,
                    toSettle);
        }
    }

    private static Map<QueueName, Collection<UUID>> hints(Cluster cluster) {
        var hints = new EnumMap<QueueName, Collection<UUID>>(QueueName.class);
        try (var redis = new Redis(cluster.redis().url(), 1, Duration.ofSeconds(5))) {
            var queue = new JobQueue(redis);
            for (var name : QueueName.values()) {
                hints.put(name, queue.ids(name));
            }
        }
        return hints;
    }

    /** Or until time is up: what has not ended then is for the checker to find. */
    private void awaitEnds(Cluster cluster) throws SQLException, InterruptedException {
        var deadline = System.nanoTime() + settle.toNanos();
        long last = -1;
        try (var owner = cluster.connect();
                var count = owner.prepareStatement(
                        "SELECT count(*) FROM pipeline_jobs WHERE status NOT IN ('finished', 'failed', 'cancelled')")) {
            while (System.nanoTime() < deadline) {
                long left;
                try (var row = count.executeQuery()) {
                    row.next();
                    left = row.getLong(1);
                }
                if (left == 0) {
                    return;
                }
                if (left != last) {
                    say(left + " jobs have not ended yet");
                }
                last = left;
                Thread.sleep(LOOK.toMillis());
            }
        }
    }

    private void say(String line) {
        out.printf("%tT %s%n", LocalTime.now(), line);
    }
}
