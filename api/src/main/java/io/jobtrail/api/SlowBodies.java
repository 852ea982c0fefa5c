package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;

/**
 * Keeps those who send bodies slowly from holding all threads: each holds one while its body comes in, and only so many may do so at
 * once. Small ones are counted only where no key is asked for; there others are not read at all, and may not take the places of those
 * who are known.
 */
final class SlowBodies {
    /** What a body may declare to be small. */
    static final int SMALL = 64 << 10;

    private static final String TAKEN = SlowBodies.class.getName();

    private final Semaphore places;
    private final Semaphore placesOfStrangers;

    /**
     * @param most large bodies that may come in at once
     * @param mostOfStrangers bodies of those who need no key
     */
    SlowBodies(int most, int mostOfStrangers) {
        places = new Semaphore(most);
        placesOfStrangers = new Semaphore(mostOfStrangers);
    }

    private static boolean comesIn(Context ctx) {
        return ctx.header("Transfer-Encoding") != null || ctx.req().getContentLengthLong() > SMALL;
    }

    /** Before the body is read; {@link #leave} must follow, whatever happens. */
    void enter(Context ctx) {
        boolean open = ctx.routeRoles().contains(Right.OPEN);
        if (ctx.method() != HandlerType.POST || !open && !comesIn(ctx)) {
            return; // of other methods nobody reads the body
        }
        if (open && ctx.header("Transfer-Encoding") != null) {
            throw new ApiError(
                    ErrorCode.LENGTH_REQUIRED,
                    "Content-Length",
                    "Content-Length must be given before anybody is known");
        }
        var among = open ? placesOfStrangers : places;
        if (!among.tryAcquire()) {
            throw new ApiError(ErrorCode.NO_ROOM, null, "as many bodies come in as may be; come again");
        }
        ctx.attribute(TAKEN, among);
    }

    void leave(Context ctx) {
        Semaphore taken = ctx.attribute(TAKEN);
        if (taken != null) {
            taken.release();
        }
    }

    /** Returns when it is not for the sender's silence that a body could not be read. */
    static void refuseSilence(IOException failure) {
        if (failure.getCause() instanceof TimeoutException) {
            throw tooSlow();
        }
    }

    static ApiError tooSlow() {
        return new ApiError(ErrorCode.REQUEST_TIMEOUT, null, "the body comes too slowly");
    }
}
