package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.Victim.Link;
import io.jobtrail.bench.storm.ledger.FaultLedger;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Does what the schedule says to a system, writes down what was done, and undoes it. Faults of different targets overlap as
 * they fall, those of one target wait for each other. Knows nothing about jobs.
 */
final class Turbulence implements AutoCloseable {
    private static final Duration DELAY = Duration.ofMillis(120);

    /**
     * What stands in a request whose answer is worth losing: an ambiguous commit, or a pop that nobody gets. Of statements only
     * their values, for Postgres gets the text of a statement only the first few times.
     */
    private static final Map<Link, List<String>> WORTH_LOSING = Map.of(
            Link.API_POSTGRES, List.of("\"idempotency_key\""), // enqueue_jobs
            Link.API_REDIS, List.of("RPUSH"),
            Link.WORKERS_POSTGRES, List.of("\"sha256\"", "process_document"), // complete_jobs, claims
            Link.WORKERS_REDIS, List.of("BLPOP"));

    private static final int ANSWERS_LOST = 3;
    private static final int PROGRESS = 10;
    private static final int REDIS_TIMEOUT = 10_000;

    private final Victim victim;
    private final FaultLedger ledger;
    private final Map<String, ExecutorService> targets = new HashMap<>();
    private final Map<String, Long> counts = new TreeMap<>();
    private int done;

    Turbulence(Victim victim, FaultLedger ledger) {
        this.victim = victim;
        this.ledger = ledger;
    }

    /**
     * Returns when the last fault of the schedule is over and undone.
     *
     * @param progress called before every tenth fault
     */
    void run(Schedule schedule, Runnable progress) throws InterruptedException {
        var start = System.nanoTime();
        int count = 0;
        for (var entry : schedule.entries()) {
            var wait = entry.atMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            if (wait > 0) {
                Thread.sleep(wait);
            }
            if (count++ % PROGRESS == 0) {
                progress.run();
            }
            targets.computeIfAbsent(targetOf(entry), name -> Executors.newSingleThreadExecutor())
                    .execute(() -> strike(entry));
        }
        for (var target : targets.values()) {
            target.shutdown();
            target.awaitTermination(1, TimeUnit.MINUTES);
        }
        victim.heal();
    }

    private String targetOf(Schedule.Entry entry) {
        return switch (entry.fault().target) {
            case WORKER -> worker(entry).name();
            case API -> victim.api().name();
            case REDIS -> "redis";
            case POSTGRES -> "postgres";
            case LINK -> entry.link().name();
        };
    }

    private Member worker(Schedule.Entry entry) {
        return victim.workers().get(entry.target() % victim.workers().size());
    }

    private void strike(Schedule.Entry entry) {
        var from = FaultLedger.now();
        var pid = entry.fault().target == Fault.Target.WORKER
                ? Long.valueOf(worker(entry).pid())
                : entry.fault().target == Fault.Target.API
                        ? Long.valueOf(victim.api().pid())
                        : null;
        String detail = null;
        try {
            strike(entry, pid);
            count(entry.fault());
        } catch (JedisException | SQLException | IllegalStateException e) {
            // As when a server is away already for another reason; the checker needs no fault to have succeeded.
            detail = "not done: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ledger.done(new FaultLedger.Entry(
                entry.fault().wireName(),
                targetOf(entry),
                pid,
                from,
                entry.millis() == 0 ? null : FaultLedger.now(),
                detail));
    }

    private void strike(Schedule.Entry entry, Long pid) throws SQLException, InterruptedException {
        switch (entry.fault()) {
            case KILL_WORKER, KILL_API -> Member.signal("KILL", pid);
            case TERM_WORKER -> Member.signal("TERM", pid);
            case STOP_WORKER -> {
                Member.signal("STOP", pid);
                Thread.sleep(entry.millis());
                Member.signal("CONT", pid);
            }
            case KILL_REDIS -> {
                victim.redis().kill();
                Thread.sleep(entry.millis());
                victim.redis().startAgain();
            }
            case HANG_REDIS -> {
                redis(jedis -> jedis.clientPause(entry.millis()));
                Thread.sleep(entry.millis());
            }
            case FLUSH_REDIS -> redis(Jedis::flushAll);
            case FLUSH_SCRIPTS -> redis(Jedis::scriptFlush);
            case FILL_REDIS -> {
                redis(jedis -> jedis.configSet("maxmemory", "1"));
                Thread.sleep(entry.millis());
                redis(jedis -> jedis.configSet("maxmemory", "0"));
            }
            case MAKE_REDIS_A_REPLICA -> {
                redis(jedis -> jedis.slaveof("127.0.0.1", 1));
                Thread.sleep(entry.millis());
                redis(Jedis::slaveofNoOne);
            }
            case CRASH_POSTGRES -> {
                victim.postgres().stopImmediately();
                Thread.sleep(entry.millis());
                victim.postgres().startAgain();
            }
            case KILL_CONNECTIONS -> {
                try (var owner = victim.connect();
                        var statement = owner.createStatement()) {
                    statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
                }
            }
            case DELAY_LINK -> {
                victim.proxy(entry.link()).delay(DELAY);
                Thread.sleep(entry.millis());
                victim.proxy(entry.link()).passOn();
            }
            case CUT_LINK -> victim.proxy(entry.link()).cut(entry.atMillis() % 2 == 0);
            case SILENCE_LINK -> {
                victim.proxy(entry.link()).fallSilent();
                Thread.sleep(entry.millis());
                victim.proxy(entry.link()).passOn();
            }
            case LOSE_ANSWERS -> {
                var worth = WORTH_LOSING.get(entry.link());
                victim.proxy(entry.link())
                        .cutAnswersTo(worth.get((int) (entry.atMillis() % worth.size())), ANSWERS_LOST);
                Thread.sleep(entry.millis());
                victim.proxy(entry.link()).passOn();
            }
        }
    }

    private void redis(Consumer<Jedis> command) {
        try (var jedis = new Jedis("127.0.0.1", victim.redis().port(), REDIS_TIMEOUT)) {
            command.accept(jedis);
        }
    }

    private synchronized void count(Fault fault) {
        counts.merge(fault.wireName(), 1L, Long::sum);
        done++;
    }

    /** How many could be done; one whose server is away already cannot. */
    synchronized int done() {
        return done;
    }

    /** The same by kind. */
    synchronized Map<String, Long> counts() {
        return Map.copyOf(counts);
    }

    @Override
    public void close() {
        targets.values().forEach(ExecutorService::shutdownNow);
    }
}
