package io.jobtrail.store;

import io.jobtrail.job.JobIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

/**
 * One thing that a worker, a person or a sweeper does to a job of a {@link ModelSequence}. Jobs are named by number, because
 * their ids are made anew for each run. Says what may be done, not what comes of it.
 *
 * @param job number of the job; those that take whatever they find ignore it
 * @param back names the claim of a worker's write: 0 = the job's version before the step, which is the valid one while the job
 *     runs; 1, 2 = older versions, as a worker has that was declared dead
 * @param other the other variant: content, permanent failure, or name of the question
 * @param mark a number of its own, found again in what the operation writes
 */
record ModelOperation(Kind kind, int job, int back, boolean other, int mark) {
    /** Jobs 0 and 1 share an idempotency key, the others have none. */
    static final List<Integer> MAX_ATTEMPTS = List.of(2, 2, 1, 4);

    enum Kind {
        ENQUEUE(4),
        CLAIM(8),
        CLAIM_WHATEVER_IS_DUE(5),
        BEAT(3),
        COMPLETE(3),
        FAIL(5),
        GIVE_BACK(3),
        FINISH_CANCELLED(4),
        ASK(5),
        ANSWER(5),
        CANCEL(4),
        RETRY(5),
        /** All leases have run out, and somebody looks. */
        RELEASE_ALL(3),
        HOUR_PASSES(4),
        NOTHING(0);

        private static final int TOTAL =
                Arrays.stream(values()).mapToInt(kind -> kind.weight).sum();
        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }

        /** Jobs that another statement has locked are left out, rather than waited for. */
        boolean skipsLocked() {
            return this == BEAT || takesWhatItFinds();
        }

        boolean takesWhatItFinds() {
            return this == CLAIM_WHATEVER_IS_DUE || this == RELEASE_ALL;
        }
    }

    static final ModelOperation NOTHING = new ModelOperation(Kind.NOTHING, 0, 0, false, 0);

    /** Two operations that are started at the same moment. */
    record Step(ModelOperation first, ModelOperation second) {
        @Override
        public String toString() {
            return first + " | " + second;
        }
    }

    static List<Step> randomSteps(long seed, int length) {
        var random = new Random(seed);
        var steps = new ArrayList<Step>();
        for (int i = 0; i < length; i++) {
            var kind = i == 0 ? Kind.ENQUEUE : null;
            var first = random(random, kind, random.nextInt(MAX_ATTEMPTS.size()), 2 * i + 1);
            var together = random.nextInt(10) < 6;
            var job = together ? first.job() : random.nextInt(MAX_ATTEMPTS.size());
            steps.add(new Step(first, random(random, kind, job, 2 * i + 2)));
        }
        return steps;
    }

    private static ModelOperation random(Random random, Kind given, int job, int mark) {
        var back = Math.max(0, random.nextInt(8) - 5);
        var kind = given;
        var left = random.nextInt(Kind.TOTAL);
        for (int i = 0; kind == null; i++) {
            left -= Kind.values()[i].weight;
            kind = left < 0 ? Kind.values()[i] : null;
        }
        return new ModelOperation(kind, job, back, random.nextBoolean(), mark);
    }

    String question() {
        return other ? "review" : "question-" + mark;
    }

    static Map<Integer, UUID> newIds() {
        var ids = new TreeMap<Integer, UUID>();
        for (int job = 0; job < MAX_ATTEMPTS.size(); job++) {
            ids.put(job, JobIds.next());
        }
        return ids;
    }

    @Override
    public String toString() {
        if (kind == Kind.NOTHING) {
            return "-";
        }
        var whose = kind.takesWhatItFinds() ? "" : " job " + job;
        return "#%d %s%s%s%s"
                .formatted(mark, kind, whose, back == 0 ? "" : " version -" + back, other ? " (other)" : "");
    }
}
