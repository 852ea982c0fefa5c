package io.jobtrail.bench.storm.check;

import io.jobtrail.bench.storm.check.JobTrace.Ownership;
import io.jobtrail.bench.storm.ledger.FaultLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.History;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;

/** Where the kills of a run hit: a storm that finds its workers idle proves little. */
public final class Kills {
    /** What a process was doing at the most when it was killed; of several jobs the one that was furthest counts. */
    public enum Phase {
        IDLE,
        /** It had a claim whose handler had not begun. */
        CLAIMED,
        IN_HANDLER,
        /** A handler had ended, and its outcome was not recorded yet. */
        RECORDING
    }

    private Kills() {}

    /** @param kind of fault, as in the ledger */
    public static Map<Phase, Long> byPhase(History history, String kind) {
        var evidence = new Evidence(history);
        var phases = new EnumMap<Phase, Long>(Phase.class);
        for (var phase : Phase.values()) {
            phases.put(phase, 0L);
        }
        history.faults().stream()
                .filter(fault -> fault.kind().equals(kind) && fault.pid() != null)
                .map(fault -> evidence.jobs().stream()
                        .flatMap(job -> phases(job, fault))
                        .max(Phase::compareTo)
                        .orElse(Phase.IDLE))
                .forEach(phase -> phases.merge(phase, 1L, Long::sum));
        return phases;
    }

    private static Stream<Phase> phases(JobTrace job, FaultLedger.Entry fault) {
        return job.ownerships().stream().filter(owned -> isHeld(owned, fault)).map(owned -> {
            if (entry(job, owned, HandlerLedger.Kind.END, fault)) {
                return Phase.RECORDING;
            }
            return entry(job, owned, HandlerLedger.Kind.BEGIN, fault) ? Phase.IN_HANDLER : Phase.CLAIMED;
        });
    }

    private static boolean isHeld(Ownership owned, FaultLedger.Entry fault) {
        return JobTrace.pid(owned.start().actor()).orElse(-1) == fault.pid()
                && owned.start().at() <= fault.from()
                && (owned.end() == null || owned.end().at() > fault.from());
    }

    private static boolean entry(JobTrace job, Ownership owned, HandlerLedger.Kind kind, FaultLedger.Entry fault) {
        return job.handler(kind).anyMatch(entry -> owned.isBy(entry) && entry.at() <= fault.from());
    }
}
