package io.jobtrail.api;

import io.javalin.config.Key;
import io.javalin.http.Context;
import io.jobtrail.store.AccessEvents;
import io.jobtrail.store.AccessEvents.Happened;
import io.jobtrail.sweep.Sweep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Remembers sign-ins and refusals. What is the same is counted and written together a few seconds later, at most so many rows
 * at a time: who knocks a million times fills no disk. Must not hold up a request.
 */
final class AccessLog implements Sweep {
    static final Key<AccessLog> KEY = new Key<>("access log");

    private static final Duration INTERVAL = Duration.ofSeconds(15);

    /** The kinds beside, whoever it was, once there are so many. */
    private static final int MOST_TOLD_APART = 25;

    private final AccessEvents events;
    private final KnownKeys keys;
    private final Addresses addresses;
    private final Map<What, Integer> happened = new LinkedHashMap<>();

    AccessLog(AccessEvents events, KnownKeys keys, Addresses addresses) {
        this.events = events;
        this.keys = keys;
        this.addresses = addresses;
    }

    private record What(String kind, String actor, String address, UUID keyId, String realm, String detail) {}

    /** @param principal null when it is not known who it was */
    void signedIn(Context ctx, Principal principal) {
        add(ctx, "signed_in", principal, route(ctx));
    }

    void refusedKey(Context ctx) {
        add(ctx, "refused_key", null, route(ctx));
    }

    /** Something that is there was asked for by the key of another realm; it was told that there is nothing. */
    void refusedRealm(Context ctx, String asked) {
        add(ctx, "refused_realm", Principal.of(ctx), route(ctx) + " in " + asked);
    }

    void refusedRole(Context ctx, Principal principal) {
        add(ctx, "refused_role", principal, route(ctx));
    }

    void refusedCsrf(Context ctx, Principal principal) {
        add(ctx, "refused_csrf", principal, route(ctx));
    }

    /** By route and not by path, which holds ids. */
    private static String route(Context ctx) {
        var matched = ctx.endpoints().matchedHttpEndpoint();
        return ctx.method().name() + " " + (matched == null ? ctx.path() : matched.path);
    }

    private void add(Context ctx, String kind, Principal principal, String detail) {
        var what = principal == null
                ? new What(kind, null, addresses.of(ctx), null, null, detail)
                : new What(kind, principal.actor(), addresses.of(ctx), principal.keyId(), principal.realm(), detail);
        add(what, 1);
    }

    private synchronized void add(What what, int times) {
        var counted = happened.size() < MOST_TOLD_APART || happened.containsKey(what)
                ? what
                : new What(what.kind, null, null, null, null, "and others");
        happened.merge(counted, times, Integer::sum);
    }

    private synchronized Map<What, Integer> take() {
        var taken = new LinkedHashMap<>(happened);
        happened.clear();
        return taken;
    }

    /** Writes what has happened since the last time; if that fails, it is for the next time. */
    void write() {
        var taken = take();
        if (taken.isEmpty()) {
            return;
        }
        List<Happened> rows = new ArrayList<>();
        taken.forEach((what, times) -> rows.add(
                new Happened(what.kind, what.actor, what.address, what.keyId, what.realm, what.detail, times)));
        try {
            events.append(rows);
        } catch (RuntimeException e) {
            taken.forEach(this::add);
            throw e;
        }
    }

    @Override
    public String name() {
        return "access_log";
    }

    @Override
    public Duration interval() {
        return INTERVAL;
    }

    @Override
    public boolean isShared() {
        return false; // each process has its own to write
    }

    @Override
    public Duration run() {
        keys.noteUse();
        write();
        return INTERVAL;
    }
}
