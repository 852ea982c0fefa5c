package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Keeps looking: at the status of jobs, for the ledger, and at the health of the system. Changes nothing. */
final class Poller implements AutoCloseable {
    private static final int MILLIS_BETWEEN_JOBS = 50;
    private static final int MILLIS_BETWEEN_HEALTH = 1_000;
    /** Half of the looks go to so many of the newest jobs; most others have ended. */
    private static final int NEWEST = 50;

    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
    private final StormClient client;
    private final ClientLedger ledger;
    private final List<UUID> jobs = new ArrayList<>();
    private final List<Health.Change> changes = new ArrayList<>();

    Poller(StormClient client, ClientLedger ledger, FirstFailure failure) {
        this.client = client;
        this.ledger = ledger;
        threads.scheduleAtFixedRate(
                failure.guard(this::lookAtJob), MILLIS_BETWEEN_JOBS, MILLIS_BETWEEN_JOBS, TimeUnit.MILLISECONDS);
        threads.scheduleAtFixedRate(failure.guard(this::lookAtHealth), 0, MILLIS_BETWEEN_HEALTH, TimeUnit.MILLISECONDS);
    }

    void add(UUID job) {
        synchronized (jobs) {
            jobs.add(job);
        }
    }

    List<Health.Change> healthChanges() {
        synchronized (changes) {
            return List.copyOf(changes);
        }
    }

    private void lookAtJob() throws InterruptedException {
        var job = anyJob();
        if (job == null) {
            return;
        }
        var askedAt = ClientLedger.now();
        client.status(job)
                .filter(status -> status.status() == 200)
                .ifPresent(status -> ledger.seen(job, status.state(), status.attempt(), askedAt));
    }

    private UUID anyJob() {
        var random = ThreadLocalRandom.current();
        synchronized (jobs) {
            if (jobs.isEmpty()) {
                return null;
            }
            int from = random.nextBoolean() ? Math.max(0, jobs.size() - NEWEST) : 0;
            return jobs.get(random.nextInt(from, jobs.size()));
        }
    }

    private void lookAtHealth() throws InterruptedException {
        var health = client.health();
        synchronized (changes) {
            if (changes.isEmpty() || !changes.get(changes.size() - 1).health().equals(health)) {
                changes.add(new Health.Change(ClientLedger.now(), health));
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
