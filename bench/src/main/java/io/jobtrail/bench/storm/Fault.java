package io.jobtrail.bench.storm;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a storm can do to a system: what it does it to, how long it lasts, and how often it comes compared with the others. */
public enum Fault {
    KILL_WORKER(Target.WORKER, 0, 0, 4),
    /** Longer than a lease, so that the worker comes back as a zombie. */
    STOP_WORKER(Target.WORKER, 6_000, 8_000, 2),
    TERM_WORKER(Target.WORKER, 0, 0, 1),
    KILL_API(Target.API, 0, 0, 1),
    KILL_REDIS(Target.REDIS, 500, 4_000, 1),
    HANG_REDIS(Target.REDIS, 1_000, 4_000, 1),
    FLUSH_REDIS(Target.REDIS, 0, 0, 2),
    FILL_REDIS(Target.REDIS, 1_000, 4_000, 1),
    MAKE_REDIS_A_REPLICA(Target.REDIS, 1_000, 4_000, 1),
    FLUSH_SCRIPTS(Target.REDIS, 0, 0, 1),
    CRASH_POSTGRES(Target.POSTGRES, 200, 2_500, 1),
    KILL_CONNECTIONS(Target.POSTGRES, 0, 0, 1),
    DELAY_LINK(Target.LINK, 1_000, 4_000, 1),
    CUT_LINK(Target.LINK, 0, 0, 1),
    SILENCE_LINK(Target.LINK, 1_000, 5_000, 1),
    /** Requests are carried out and their answers lost: a commit that may or may not have been, a pop that nobody got. */
    LOSE_ANSWERS(Target.LINK, 1_500, 3_000, 3);

    /** Faults of one target never overlap. */
    enum Target {
        WORKER,
        API,
        REDIS,
        POSTGRES,
        LINK
    }

    final Target target;
    final int minMillis;
    final int maxMillis;
    final int weight;

    Fault(Target target, int minMillis, int maxMillis, int weight) {
        this.target = target;
        this.minMillis = minMillis;
        this.maxMillis = maxMillis;
        this.weight = weight;
    }

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming those there are */
    public static Fault of(String name) {
        return Arrays.stream(values())
                .filter(fault -> fault.wireName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no fault " + name + ", only "
                        + List.of(values()).stream().map(Fault::wireName).toList()));
    }
}
