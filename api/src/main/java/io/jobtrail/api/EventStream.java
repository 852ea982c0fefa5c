package io.jobtrail.api;

import io.jobtrail.config.Json;
import io.jobtrail.store.ChangePosition;
import io.jobtrail.store.Changes;
import io.jobtrail.store.DatabaseFailure;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells its clients of every change of state once, in the form of server-sent events. Each event carries the position behind it,
 * with which a client goes on anywhere at any time. All clients are told what the feed reads; one that has been away is first told
 * what it has missed, a page at a time, as quickly as it reads. Knows no request.
 */
final class EventStream implements ChangeFeed.Follower {
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
    private static final long SILENCE_NANOS = Duration.ofSeconds(15).toNanos();
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int STATEMENTS_OF_A_PAGE = 20;

    private final Changes changes;
    private final ChangeFeed feed;
    private final int most;
    private final AtomicInteger count = new AtomicInteger();
    private final Set<EventClient> clients = ConcurrentHashMap.newKeySet();
    private ChangePosition told;
    private volatile boolean closed;

    /** @param most how many clients there may be at once */
    EventStream(Changes changes, ChangeFeed feed, int most, MeterRegistry meters) {
        this.changes = changes;
        this.feed = feed;
        this.most = most;
        Gauge.builder("jobtrail.event.clients", count, AtomicInteger::get)
                .description("clients that are told every change of state")
                .register(meters);
    }

    /** To be given back with {@link #free}. False when there are too many clients already. */
    boolean takePlace() {
        if (count.incrementAndGet() > most || closed) {
            count.decrementAndGet();
            return false;
        }
        return true;
    }

    void free() {
        count.decrementAndGet();
    }

    /**
     * Tells the client from now on, until it has ended.
     *
     * @param after null = what comes from now on
     */
    void join(EventClient client, ChangePosition after) {
        client.position = after;
        clients.add(client);
        client.ended().thenRun(() -> clients.remove(client));
        feed.look();
        if (closed) {
            client.finish();
        }
    }

    @Override
    public ChangeFeed.Need need() {
        return clients.isEmpty() ? ChangeFeed.Need.NONE : ChangeFeed.Need.AT_ONCE;
    }

    @Override
    public boolean wants(Collection<UUID> jobs) {
        return !clients.isEmpty();
    }

    @Override
    public void startAt(ChangePosition position) {
        told = position;
        clients.stream().filter(client -> client.live).forEach(this::reset);
    }

    @Override
    public void changed(List<Changes.Change> some, ChangePosition end) {
        var live = clients.stream().filter(client -> client.live).toList();
        if (!live.isEmpty() && !some.isEmpty()) {
            for (var event : changes.events(some, realms(live))) {
                var text = text(event);
                live.forEach(client -> tell(client, event, text));
            }
        }
        live.stream().filter(client -> client.live).forEach(client -> client.position = end);
        told = end;
    }

    /** One that has no room is told the rest when it has, like one that was away. */
    private static void tell(EventClient client, Changes.Event event, String text) {
        client.live = client.live && client.hasRoom();
        if (client.live && (client.realm() == null || client.realm().equals(event.realm()))) {
            client.send(text);
            client.position = event.at();
        }
    }

    /** Null = all. */
    private static Set<String> realms(List<EventClient> live) {
        return live.stream().anyMatch(client -> client.realm() == null)
                ? null
                : live.stream().map(EventClient::realm).filter(Objects::nonNull).collect(Collectors.toSet());
    }

    @Override
    public void looked() {
        endThoseWhoMayNotStay();
        for (var client : clients) {
            try {
                if (!client.live && told != null && told.to() == null) {
                    bringUp(client);
                }
            } catch (DatabaseFailure e) {
                LOG.debug("a client is not told now what it has missed: {}", e.getMessage());
            }
            if (client.stuckFor().compareTo(PATIENCE) > 0) {
                LOG.info(
                        "a client of /pipeline/events takes nothing and is cut off; it can go on from the last id it got");
                client.cutOff();
            }
            if (client.hasTakenAll() && client.writtenAt != 0 && System.nanoTime() - client.writtenAt > SILENCE_NANOS) {
                client.send(id(client.position) + ": still here\n\n");
            }
        }
    }

    /** For the database, which may be away, nobody waits more than once. */
    private void endThoseWhoMayNotStay() {
        try {
            for (var client : clients) {
                if (client.permission().hasEnded()) {
                    client.finish();
                }
            }
        } catch (DatabaseFailure e) {
            LOG.debug("keys are not asked for now, and nothing is told either: {}", e.getMessage());
        }
    }

    private void bringUp(EventClient client) {
        if (client.position == null) {
            client.position = told;
        }
        if (client.writtenAt == 0) {
            client.send("retry: 2000\n" + id(client.position) + ": every change of state, once\n\n");
        }
        if (!client.hasTakenAll()) {
            return;
        }
        if (client.position.equals(told)) {
            client.live = true;
            return;
        }
        var page = changes.since(client.position, told, STATEMENTS_OF_A_PAGE);
        if (page.lost()) {
            reset(client);
            return;
        }
        var events = changes.events(page.changes(), client.realm() == null ? null : Set.of(client.realm()));
        client.live = true;
        events.forEach(event -> tell(client, event, text(event)));
        if (client.live) {
            client.position = page.next();
            client.live = client.position.equals(told);
        }
        if (!client.live && client.hasTakenAll()) {
            feed.look(); // there is more for it already
        }
    }

    /** Says that changes were missed which nobody can tell any more. */
    private void reset(EventClient client) {
        client.position = told;
        client.live = true;
        client.send(id(told) + "event: reset\ndata: {\"reason\":\"changes were missed: look at the jobs anew\"}\n\n");
    }

    private static String id(ChangePosition position) {
        return "id: " + position.text() + "\n";
    }

    private static String text(Changes.Event change) {
        var data = new LinkedHashMap<String, Object>();
        data.put("job_id", change.jobId());
        data.put("realm", change.realm());
        data.put("queue", change.queue());
        data.put("handler", change.handler());
        data.put("seq", change.seq());
        data.put("previous_state", change.previousState());
        data.put("new_state", change.newState());
        data.put("attempt", change.attempt());
        data.put("actor", change.actor());
        data.put("reason", change.reason());
        data.put("timestamp", change.timestamp());
        data.put("error_code", change.errorCode());
        return id(change.at()) + "data: " + Json.write(data) + "\n\n";
    }

    /** Everybody is to come again, to another process. */
    void close() {
        closed = true;
        clients.forEach(EventClient::finish);
    }
}
