package io.jobtrail.bench.storm.check;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.DatabaseLedger;
import io.jobtrail.bench.storm.ledger.DatabaseLedger.Event;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.job.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One job in all ledgers.
 *
 * @param row null when the database does not know it
 * @param events by their number
 * @param submission null when nobody has submitted it
 * @param client what operators asked of it and what polls saw
 */
record JobTrace(
        UUID id,
        DatabaseLedger.Job row,
        List<Event> events,
        Submission submission,
        List<HandlerLedger.Entry> handler,
        List<ClientLedger.Entry> client) {
    private static final Pattern WORKER = Pattern.compile("(?:worker:)?[^:]+:(\\d+):[0-9a-f]{4}-\\d+");

    /**
     * The time from a claim until the job was left again.
     *
     * @param end null while it lasts
     */
    record Ownership(Event start, Event end) {
        int attempt() {
            return start.attempt();
        }

        boolean isBy(HandlerLedger.Entry entry) {
            return entry.attempt() == attempt() && pid(start.actor()).orElse(-1) == entry.pid();
        }

        /** The holder parted from the job without being charged for the attempt. */
        boolean isGivenBack() {
            return end != null && end.attempt() == attempt() - 1;
        }

        /** Somebody else took the job from its holder. */
        boolean isTaken() {
            return end != null && end.lostBy() != null;
        }
    }

    boolean exists() {
        return row != null;
    }

    boolean isFinal() {
        return exists() && row.status().isFinal();
    }

    boolean is(JobState state) {
        return exists() && row.status() == state;
    }

    List<Ownership> ownerships() {
        var ownerships = new ArrayList<Ownership>();
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i).newState() == JobState.RUNNING) {
                ownerships.add(new Ownership(events.get(i), i + 1 < events.size() ? events.get(i + 1) : null));
            }
        }
        return ownerships;
    }

    /** The claims under which the job was finished: one, or something is wrong. */
    Stream<Ownership> finishing() {
        return ownerships().stream().filter(o -> o.end() != null && o.end().newState() == JobState.FINISHED);
    }

    /** Whether the result that is stored was made under this claim. */
    boolean hasResultOf(Ownership owned) {
        return exists()
                && row.result() != null
                && row.result().path("attempt").asInt() == owned.attempt()
                && row.result().path("pid").asLong()
                        == pid(owned.start().actor()).orElse(-1);
    }

    /** Out of a final state: what only an operator may do. */
    List<Event> revivals() {
        return events.stream()
                .filter(e -> e.previousState() != null && e.previousState().isFinal())
                .toList();
    }

    /** How often a worker vanished with it since it was submitted, or revived. */
    long workersLost() {
        int since = revivals().stream().mapToInt(Event::seq).max().orElse(0);
        return ownerships().stream()
                .filter(o -> o.isTaken()
                        && o.start().seq() > since
                        && !o.end().reason().equals("TIMEOUT"))
                .count();
    }

    Stream<HandlerLedger.Entry> handler(HandlerLedger.Kind kind) {
        return handler.stream().filter(entry -> entry.kind() == kind);
    }

    long count(ClientLedger.Kind kind) {
        return client.stream().filter(entry -> entry.kind() == kind).count();
    }

    /** The process in a worker's name, as actor or as such; empty when it is no worker of ours. */
    static OptionalLong pid(String worker) {
        var match = WORKER.matcher(worker);
        return match.matches() ? OptionalLong.of(Long.parseLong(match.group(1))) : OptionalLong.empty();
    }
}
