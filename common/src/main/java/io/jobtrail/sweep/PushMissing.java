package io.jobtrail.sweep;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.store.JobReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pushes the ids of due jobs that are missing in Redis: retries that became due, lost pushes, lost pops, a Redis that lost its
 * data. Costs the same whatever the backlog: it looks at the oldest due jobs only, which in a list that is complete stand at
 * its head. What it pushes too much is harmless, what it misses stays visible to the next look.
 */
public final class PushMissing implements Sweep {
    /** How many of a queue's oldest due jobs are looked for. */
    static final int WINDOW = 1_000;

    /** A list that was lost is filled up to so many ids, and again when workers have used up half of them. */
    static final int FULL = 100_000;

    private static final int PAGE = 5_000;

    /**
     * A look is followed by a rest of so many times the processor time it took: at most a twentieth of a core. Not of its duration,
     * or one look at a Redis that hung would keep the next one away for long.
     */
    private static final int REST = 20;

    private static final ThreadMXBean PROCESSOR = ManagementFactory.getThreadMXBean();

    private static final Logger LOG = LoggerFactory.getLogger(PushMissing.class);

    private final JobReader reader;
    private final JobQueue queue;
    private final Dispatcher dispatcher;
    private final Collection<String> handlers;
    private final int rest;

    /** Those that the look before did not see in the list. They may just have been popped by a worker that claims them now. */
    private final Map<QueueName, Set<UUID>> suspects = new EnumMap<>(QueueName.class);

    /** Those that this rebuild has filled with all that was due; what becomes due later is found by the looks. */
    private final EnumSet<QueueName> complete = EnumSet.noneOf(QueueName.class);

    private long restUntil = System.nanoTime();
    private boolean rebuilding;
    private boolean told;

    /** @param handlers what this process can run: jobs for others are pushed by the processes that can */
    public PushMissing(JobReader reader, JobQueue queue, Dispatcher dispatcher, Collection<String> handlers) {
        this(reader, queue, dispatcher, handlers, REST);
    }

    PushMissing(JobReader reader, JobQueue queue, Dispatcher dispatcher, Collection<String> handlers, int rest) {
        this.rest = rest;
        this.reader = reader;
        this.queue = queue;
        this.dispatcher = dispatcher;
        this.handlers = handlers;
    }

    @Override
    public String name() {
        return "push";
    }

    @Override
    public Duration interval() {
        return Duration.ofSeconds(1);
    }

    /** Other processes have other handlers, and do not know whom this one missed in its last look. */
    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public Duration run() {
        if (handlers.isEmpty()) {
            return interval();
        }
        var isRested = System.nanoTime() - restUntil >= 0;
        if (isRested) {
            resting(() -> List.of(QueueName.values()).forEach(this::look));
        }
        if (queue.isComplete()) {
            endRebuild();
        } else if (isRested || !rebuilding) {
            resting(this::rebuild); // the first round at once: all ids may be gone
        }
        return interval();
    }

    private void resting(Runnable work) {
        var started = PROCESSOR.getCurrentThreadCpuTime();
        work.run();
        var used = PROCESSOR.getCurrentThreadCpuTime() - started;
        restUntil = Math.max(restUntil, System.nanoTime()) + rest * used;
    }

    private void endRebuild() {
        rebuilding = false;
        told = false;
        complete.clear();
    }

    /** A job that is missing in two looks in a row is pushed. */
    private void look(QueueName name) {
        var window = reader.due(name, handlers, null, WINDOW);
        var unseen = new LinkedHashMap<UUID, JobQueue.Entry>();
        window.forEach(job -> unseen.put(job.id(), entry(job)));
        var before = suspects.getOrDefault(name, Set.of());
        if (!unseen.isEmpty()) {
            queue.read(name, page -> {
                page.forEach(unseen::remove);
                // Only who was missing before as well is worth reading the whole list for.
                return !Collections.disjoint(unseen.keySet(), before);
            });
        }
        var missing = unseen.values().stream()
                .filter(job -> before.contains(job.id()))
                .toList();
        missing.forEach(job -> unseen.remove(job.id()));
        suspects.put(name, unseen.keySet());
        if (missing.isEmpty()) {
            return;
        }
        if (missing.size() > WINDOW / 2 && isHalfEmpty(name)) {
            LOG.warn("queue {} has lost most of its ids in Redis; they are pushed again", name.wireName());
            fill(name);
        } else if (window.size() < WINDOW) {
            dispatcher.push(name, missing);
        } else {
            // Behind a long backlog they would wait for their turn a second time, and be looked for all that time.
            dispatcher.pushFirst(name, missing);
        }
        LOG.debug("{} due ids were missing in queue {}", missing.size(), name.wireName());
    }

    /** The key that says so is gone: Redis has lost its data, or is new. */
    private void rebuild() {
        int pushed = 0;
        for (var name : EnumSet.complementOf(complete)) {
            var filled = fill(name);
            pushed += filled.pushed();
            if (filled.complete()) {
                complete.add(name);
            }
        }
        var isDone = complete.size() == QueueName.values().length;
        if (isDone) {
            queue.markComplete();
        }
        rebuilding = true;
        if (!told && pushed > 0) {
            told = true;
            LOG.warn(
                    "Redis has lost its data, or is new: the ids of {} due jobs were pushed{}",
                    pushed,
                    isDone ? "" : "; more follow as workers get through these");
        } else if (isDone) {
            LOG.info("Redis holds the ids of all due jobs now; {} were pushed just now", pushed);
        }
        if (isDone) {
            endRebuild();
        }
    }

    /** @param complete everything that is due stands in the list */
    private record Filled(int pushed, boolean complete) {}

    /** Pushes what is due and not in the list, in the order of claims, until the list is full. */
    private Filled fill(QueueName name) {
        int pushed = 0;
        if (!isHalfEmpty(name)) {
            return new Filled(pushed, false);
        }
        suspects.remove(name);
        var known = queue.ids(name);
        JobReader.Due last = null;
        while (known.size() < FULL) {
            var page = reader.due(name, handlers, last, PAGE);
            var missing = page.stream()
                    .filter(job -> known.add(job.id()))
                    .map(PushMissing::entry)
                    .toList();
            if (!dispatcher.push(name, missing)) {
                return new Filled(pushed, false);
            }
            pushed += missing.size();
            if (page.size() < PAGE) {
                return new Filled(pushed, true);
            }
            last = page.get(page.size() - 1);
        }
        return new Filled(pushed, false);
    }

    private boolean isHalfEmpty(QueueName name) {
        return queue.length(name) <= FULL / 2;
    }

    private static JobQueue.Entry entry(JobReader.Due job) {
        return new JobQueue.Entry(job.handler(), job.id());
    }
}
