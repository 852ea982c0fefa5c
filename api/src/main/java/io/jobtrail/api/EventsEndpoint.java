package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.jobtrail.store.ChangePosition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;

/** {@code GET /pipeline/events}: every change of state as a server-sent event, of the caller's realm, or of all. */
final class EventsEndpoint {
    private final EventStream stream;
    private final Departures departures;
    private final Access access;

    EventsEndpoint(EventStream stream, Departures departures, Access access) {
        this.stream = stream;
        this.departures = departures;
        this.access = access;
    }

    void events(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of("all_realms"));
        var realm = realm(ctx);
        var after = position(ctx.header("Last-Event-ID"));
        boolean head = ctx.method() == HandlerType.HEAD; // whoever asks what the stream is like takes no place
        if (!head && !stream.takePlace()) {
            throw new ApiError(
                    ErrorCode.TOO_MANY_CLIENTS, null, "as many clients are told of events as may be; come again");
        }
        ctx.status(200).contentType("text/event-stream; charset=utf-8");
        ctx.header("X-Accel-Buffering", "no"); // nginx would keep events back until it has some pages of them
        if (head) {
            return;
        }
        var connection = Departures.connection(ctx.req());
        try {
            var client =
                    new EventClient(realm, access.permission(ctx), ctx.res().getOutputStream(), connection);
            client.ended().whenComplete((nothing, failure) -> {
                stream.free();
                departures.forget(connection);
            });
            ctx.future(() -> {
                ctx.req().getAsyncContext().setTimeout(0);
                departures.watch(connection, client::finish);
                try {
                    ctx.res().getOutputStream().setWriteListener(client);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                stream.join(client, after);
                return client.ended();
            });
        } catch (IOException e) {
            stream.free();
            throw new UncheckedIOException(e);
        }
    }

    /** Null = all. */
    private static String realm(Context ctx) {
        var caller = Principal.of(ctx);
        if (!isAll(ctx.queryParam("all_realms"))) {
            return caller.named(ctx);
        }
        if (caller.realm() != null) {
            throw ApiError.foreignRealm("all_realms", caller.realm());
        }
        return null;
    }

    private static boolean isAll(String value) {
        if (value != null && !value.equals("true") && !value.equals("false")) {
            throw ApiError.invalid("all_realms", "must be true or false");
        }
        return "true".equals(value);
    }

    /** Null when there is none: a new client. */
    private static ChangePosition position(String id) {
        return id == null || id.isEmpty()
                ? null
                : ChangePosition.parse(id)
                        .orElseThrow(() -> ApiError.invalid(
                                "Last-Event-ID",
                                "must be the id of an event, or not be given to begin with what comes"));
    }
}
