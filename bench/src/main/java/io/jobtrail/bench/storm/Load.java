package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.StormClient.Acked;
import io.jobtrail.bench.storm.StormClient.Refused;
import io.jobtrail.bench.storm.StormClient.Unknown;
import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.config.DatabaseUrl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The storm's clients: submit jobs at a steady rate, whether the system answers or not, and repeat what has an idempotency key
 * until there is an answer. All they know goes into the client's ledger. They neither cause faults nor judge.
 */
public final class Load implements AutoCloseable {
    /** Longer than a request may take. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(15);

    /**
     * @param api such as {@code http://127.0.0.1:8000}
     * @param directory of the run
     * @param leaseSeconds of the workers; some jobs take longer than that
     * @param database for the operator, past whatever proxies there are
     */
    public record Settings(
            String api,
            Path directory,
            long seed,
            double jobsPerSecond,
            int maxJobs,
            double leaseSeconds,
            DatabaseUrl database) {}

    /** Submissions by the last word about each; those attempted and in none of the others wait for their first answer. */
    public record Counts(long attempted, long acked, long refused, long unknown) {}

    private final Settings settings;
    private final ClientLedger ledger;
    private final StormClient client;
    private final Operator operator;
    private final Poller poller;
    private final FirstFailure failure = new FirstFailure();

    /** Does not wait for anything, so that whoever waits does not stop the others. */
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    /** As many threads as requests wait for an answer. */
    private final ExecutorService senders = Executors.newCachedThreadPool();

    private final Map<Integer, Kind> lastWords = new ConcurrentHashMap<>();
    private final Set<Integer> open = ConcurrentHashMap.newKeySet();
    private final ScheduledFuture<?> submissions;
    private volatile int next;

    /** Starts at once. */
    public Load(Settings settings) {
        this.settings = settings;
        ledger = new ClientLedger(settings.directory());
        client = new StormClient(settings.api());
        operator = new Operator(settings.database(), ledger, failure);
        poller = new Poller(client, ledger, failure);
        submissions = clock.scheduleAtFixedRate(
                failure.guard(this::submitNext), 0, (long) (1e9 / settings.jobsPerSecond()), TimeUnit.NANOSECONDS);
    }

    public Counts counts() {
        var words = lastWords.values();
        return new Counts(
                words.size(), count(words, Kind.ACKED), count(words, Kind.REFUSED), count(words, Kind.UNKNOWN));
    }

    private static long count(Collection<Kind> words, Kind kind) {
        return Collections.frequency(words, kind);
    }

    /** All jobs have been sent once; answers may be missing. */
    public boolean hasSubmittedAll() {
        return next >= settings.maxJobs();
    }

    /** The first health that was seen, and every other one that followed it. */
    public List<Health.Change> healthChanges() {
        return poller.healthChanges();
    }

    private void submitNext() {
        if (hasSubmittedAll()) {
            return;
        }
        int n = next;
        open.add(n);
        next = n + 1;
        var plan = Plan.of(settings.seed(), n, settings.leaseSeconds());
        senders.execute(failure.guard(() -> submit(plan)));
    }

    private void submit(Plan plan) throws InterruptedException {
        ledger.attempted(plan.n(), plan.key(), plan.sha256(), plan.expectation());
        lastWords.putIfAbsent(plan.n(), Kind.ATTEMPTED);
        var answer = client.submit(plan);
        boolean mayRepeat = plan.key() != null;
        if (answer instanceof Acked acked) {
            acked(plan, acked.job(), acked.alreadyExisted());
        } else if (answer instanceof Refused refused) {
            refused(plan, refused.status());
            if (mayRepeat && !refused.isForGood()) {
                afterPause(() -> submit(plan));
            } else {
                open.remove(plan.n());
            }
        } else if (answer instanceof Unknown unknown) {
            ledger.unknown(plan.n(), unknown.why());
            lastWords.put(plan.n(), Kind.UNKNOWN);
            if (mayRepeat) {
                afterPause(() -> submit(plan));
            } else if (unknown.perhaps() != null) {
                afterPause(() -> resolve(plan, unknown.perhaps()));
            } else {
                open.remove(plan.n());
            }
        }
    }

    /** As the server's answer advises: without a key, only the status of that job can tell. */
    private void resolve(Plan plan, UUID perhaps) throws InterruptedException {
        var status = client.status(perhaps);
        if (status.isEmpty()) {
            afterPause(() -> resolve(plan, perhaps));
        } else if (status.get().status() == 200) {
            acked(plan, perhaps, false);
        } else {
            refused(plan, status.get().status());
            open.remove(plan.n());
        }
    }

    private void acked(Plan plan, UUID job, boolean alreadyExisted) {
        ledger.acked(plan.n(), job, alreadyExisted);
        lastWords.put(plan.n(), Kind.ACKED);
        poller.add(job);
        operator.watch(plan, job);
        open.remove(plan.n());
    }

    private void refused(Plan plan, int status) {
        ledger.refused(plan.n(), status);
        lastWords.put(plan.n(), Kind.REFUSED);
    }

    private void afterPause(FirstFailure.Task task) {
        try {
            clock.schedule(
                    () -> senders.execute(failure.guard(task)),
                    ThreadLocalRandom.current().nextInt(200, 1_200),
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // The run is over: what is unknown now stays unknown.
        }
    }

    /**
     * Submits nothing new, and waits until everything that can be answered is. After this neither client nor operator does
     * anything; the poller goes on.
     *
     * @param patience longest wait for repetitions
     * @return submissions that are still without the answer they could have
     * @throws IllegalStateException when the clients themselves failed, so that the ledger cannot be trusted
     */
    public int finish(Duration patience) throws InterruptedException {
        submissions.cancel(false);
        var deadline = System.nanoTime() + patience.toNanos();
        while (!open.isEmpty() && !failure.isThere() && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        clock.shutdownNow();
        senders.shutdown();
        senders.awaitTermination(LAST_ANSWERS.toSeconds(), TimeUnit.SECONDS);
        operator.close();
        failure.rethrow();
        return open.size();
    }

    @Override
    public void close() {
        clock.shutdownNow();
        senders.shutdownNow();
        try {
            senders.awaitTermination(LAST_ANSWERS.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        operator.close();
        poller.close();
        ledger.close();
    }
}
