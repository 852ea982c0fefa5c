package io.jobtrail.api;

import io.javalin.http.Context;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * Keeps those who send slowly from holding all threads: a body that is not one of the {@link SmallBodies} holds one while it comes
 * in, and only so many may do so at once.
 */
final class SlowBodies {
    private static final String TAKEN = SlowBodies.class.getName();

    private final Semaphore places;

    /** @param most bodies that may come in at once */
    SlowBodies(int most) {
        places = new Semaphore(most);
    }

    /** Not received before a thread took the request. */
    private static boolean comesIn(Context ctx) {
        return ctx.header("Transfer-Encoding") != null || ctx.req().getContentLengthLong() > SmallBodies.MOST_BYTES;
    }

    /** Before the body is read; {@link #leave} must follow, whatever happens. */
    void enter(Context ctx) {
        if (!comesIn(ctx)) {
            return;
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
        if (comesIn(ctx) && !isRead(ctx)) {
            // The server ends the connection then: a caller that was not told so would lose its next request.
            ctx.header("Connection", "close");
        }
    }

    private static boolean isRead(Context ctx) {
        try {
            return ctx.req().getInputStream().isFinished();
        } catch (IOException e) {
            return false;
        }
    }
}
