package io.jobtrail.bench.scale;

import io.jobtrail.job.Claim;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Leases;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What is done all the time, with a number of jobs waiting: none of it may take longer because there are more. */
final class Backlog {
    private static final int BATCH = 50;
    private static final List<String> HANDLERS = List.of("process_document");

    private final JobStore store;
    private final Leases leases;
    private final JobReader reader;

    Backlog(Database database) {
        store = new JobStore(database);
        leases = new Leases(database);
        reader = new JobReader(database);
    }

    void measure(int queued) {
        var claimed = new ArrayList<Claim>();
        System.out.printf("%,d jobs queued%34s %8s%n", queued, "median", "longest");
        print(
                "claim " + BATCH + " of the oldest (without Redis)",
                () -> claimed.addAll(store.claim(List.of(QueueName.values()), BATCH, "host:1-0", HANDLERS)));
        var held = claimed.iterator();
        print("complete one", () -> store.complete(held.next(), "{}"));
        var next = reader.due(QueueName.DEFAULT, HANDLERS, null, 100).iterator();
        print("claim one by its id", () -> store.claim(next.next().id(), "host:1-0", HANDLERS));
        print("look for jobs to push (1,000 due)", () -> reader.due(QueueName.DEFAULT, HANDLERS, null, 1_000));
        print("release of stale jobs (none is)", () -> leases.releaseStale(Duration.ofSeconds(60), 500, "bench"));
        print("look for jobs to purge (none is)", () -> reader.ended(365, null, 1_000));
        print("counts", reader::counts);
    }

    static void print(String what, Runnable work) {
        System.out.printf("  %-46s %s%n", what, Timing.of(work));
    }
}
