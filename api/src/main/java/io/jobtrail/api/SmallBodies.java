package io.jobtrail.api;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * Receives bodies that declare a small length before anything else sees the request, and without a thread: nobody can hold any
 * by sending slowly, not even without a key. What has come of those that are waited for has a bound, together and in time; a body that
 * comes with its head needs neither. Looks into no body.
 */
final class SmallBodies extends Handler.Wrapper {
    /** What a body may declare to be small. */
    static final int MOST_BYTES = 64 << 10;

    private static final long ROOM = Runtime.getRuntime().maxMemory() / 16;
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final Semaphore room;
    private final long longestNanos;

    SmallBodies() {
        this((int) Math.min(ROOM, Integer.MAX_VALUE), LONGEST);
    }

    /**
     * @param room bytes of all bodies together that have begun to come
     * @param longest after which nothing more of a body is taken; who sends nothing at all is hung up on by the web server
     */
    SmallBodies(int room, Duration longest) {
        this.room = new Semaphore(room);
        longestNanos = longest.toNanos();
    }

    /** Bytes that no body takes. */
    int free() {
        return room.availablePermits();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        long length = request.getLength();
        if (length <= 0 || length > MOST_BYTES) {
            return super.handle(request, response, callback);
        }
        var reception = new Reception(request, response, callback);
        if (reception.isWhole()) {
            return super.handle(reception.received(), response, callback);
        }
        reception.await();
        return true;
    }

    /** Of one body. */
    private final class Reception implements Runnable {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(); // as much as came, not as was declared
        private final Request request;
        private final Response response;
        private final Callback callback;
        private final long begin = System.nanoTime();
        private int taken; // of the room
        private Throwable failure;

        Reception(Request request, Response response, Callback callback) {
            this.request = request;
            this.response = response;
            this.callback = callback;
        }

        /** Takes what there is. */
        boolean isWhole() {
            while (true) {
                var chunk = request.read();
                if (chunk == null) {
                    return false;
                }
                if (Content.Chunk.isFailure(chunk)) {
                    failure = chunk.getFailure();
                    return false;
                }
                var content = chunk.getByteBuffer();
                bytes.write(BufferUtil.toArray(content), 0, content.remaining());
                boolean last = chunk.isLast();
                chunk.release();
                if (last) {
                    return true;
                }
            }
        }

        void await() {
            if (failure instanceof TimeoutException || System.nanoTime() - begin > longestNanos) {
                refuse(SlowBodies.tooSlow());
            } else if (failure != null) {
                refuse(new ApiError(ErrorCode.MALFORMED_REQUEST, null, "The body ends early"));
            } else if (findsRoom()) {
                request.demand(this);
            }
        }

        /** More has come. Whoever tells that must not be held up. */
        @Override
        public void run() {
            if (!isWhole()) {
                await();
            } else if (findsRoom()) { // which it keeps until there is a thread for it
                request.getContext().execute(this::pass);
            }
        }

        private boolean findsRoom() {
            int more = bytes.size() - taken;
            if (!room.tryAcquire(more)) {
                refuse(new ApiError(
                        ErrorCode.NO_ROOM,
                        null,
                        "other requests take the memory for bodies that come slowly; come again"));
                return false;
            }
            taken += more;
            return true;
        }

        private void leave() {
            room.release(taken);
            taken = 0;
        }

        private void refuse(ApiError error) {
            leave();
            Problems.refuse(request, response, callback, error);
        }

        private void pass() {
            leave();
            try {
                if (!getHandler().handle(received(), response, callback)) {
                    Response.writeError(request, response, callback, 404);
                }
            } catch (Throwable e) {
                Response.writeError(request, response, callback, e);
            }
        }

        Request received() {
            return new Request.Wrapper(request) {
                private Content.Chunk next = Content.Chunk.from(ByteBuffer.wrap(bytes.toByteArray()), true);

                @Override
                public Content.Chunk read() {
                    var chunk = next;
                    next = Content.Chunk.next(chunk);
                    return chunk;
                }

                @Override
                public void demand(Runnable demanded) {
                    demanded.run();
                }
            };
        }
    }
}
