package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.util.concurrent.Semaphore;

/**
 * How much JSON may be in memory at once, of all requests together: what finds no room is refused before it is read, and may
 * come again. Small bodies always find room, for as many as there are threads take little. Files have {@link Staging}.
 */
final class JsonRoom {
    /** Largest body that is read whole. */
    static final int MAX_BYTES = 10 << 20;

    private static final int SMALL = 64 << 10;
    private static final String TAKEN = JsonRoom.class.getName();

    private final Semaphore room;

    /** @param bytes at least one of the largest bodies fits in all the same */
    JsonRoom(long bytes) {
        room = new Semaphore((int) Math.min(Math.max(bytes, MAX_BYTES), Integer.MAX_VALUE));
    }

    /** Bytes that no request takes. */
    int free() {
        return room.availablePermits();
    }

    /** Before the body is read; {@link #leave} must follow, whatever happens. */
    void enter(Context ctx) {
        if (ctx.method() == HandlerType.GET || EnqueueEndpoint.isForm(ctx)) {
            return;
        }
        var length = length(ctx);
        if (length > MAX_BYTES) {
            throw new ApiError(ErrorCode.BODY_TOO_LARGE, null, "a JSON body may have at most " + MAX_BYTES + " bytes");
        }
        if (length > SMALL) {
            if (!room.tryAcquire((int) length)) {
                throw new ApiError(
                        ErrorCode.NO_ROOM, null, "other requests take the memory for large JSON bodies; come again");
            }
            ctx.attribute(TAKEN, (int) length);
        }
    }

    void leave(Context ctx) {
        Integer taken = ctx.attribute(TAKEN);
        if (taken != null) {
            room.release(taken);
        }
    }

    /** One that declares no length is counted while it is read, and may become as large as any. */
    private static long length(Context ctx) {
        return ctx.header("Transfer-Encoding") == null ? ctx.req().getContentLengthLong() : MAX_BYTES;
    }
}
