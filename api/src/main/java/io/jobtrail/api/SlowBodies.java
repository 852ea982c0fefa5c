package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;

/**
 * Keeps those who send large bodies slowly from holding all threads: each holds one while it comes in, and only so many may do so at
 * once. Where no key is asked for nobody may: there only small bodies are read. Those are not counted. What nobody reads holds no
 * thread, and is left to {@link UnreadBodies}.
 */
final class SlowBodies {
    /** What a body may declare to be small. */
    static final int SMALL = 64 << 10;

    private static final String TAKEN = SlowBodies.class.getName();

    private final Semaphore places;

    /** @param most bodies that may come in at once */
    SlowBodies(int most) {
        places = new Semaphore(most);
    }

    private static boolean comesIn(Context ctx) {
        return ctx.header("Transfer-Encoding") != null || ctx.req().getContentLengthLong() > SMALL;
    }

    /** Before the body is read; {@link #leave} must follow, whatever happens. */
    void enter(Context ctx) {
        if (ctx.method() != HandlerType.POST || !comesIn(ctx)) {
            return; // of other methods nobody reads the body
        }
        if (ctx.routeRoles().contains(Right.OPEN) && ctx.header("Transfer-Encoding") != null) {
            throw new ApiError(
                    ErrorCode.LENGTH_REQUIRED,
                    "Content-Length",
                    "Content-Length must be given before anybody is known");
        }
        if (!places.tryAcquire()) {
            throw new ApiError(ErrorCode.NO_ROOM, null, "as many large bodies come in as may be; come again");
        }
        ctx.attribute(TAKEN, true);
    }

    void leave(Context ctx) {
        if (ctx.attribute(TAKEN) != null) {
            places.release();
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
