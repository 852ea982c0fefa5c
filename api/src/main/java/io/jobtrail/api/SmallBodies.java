package io.jobtrail.api;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * Receives bodies that declare a small length before anything else sees the request, and without a thread: nobody can hold any
 * by sending slowly, not even without a key. Looks into no body.
 */
final class SmallBodies extends Handler.Wrapper {
    /** What a body may declare to be small. */
    static final int MOST_BYTES = 64 << 10;

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
            if (failure != null) {
                int status = failure instanceof TimeoutException ? 408 : 400;
                Response.writeError(request, response, callback, status, "The body ends early, or comes too slowly");
            } else {
                request.demand(this);
            }
        }

        /** More has come. Whoever tells that must not be held up. */
        @Override
        public void run() {
            if (isWhole()) {
                request.getContext().execute(this::pass);
            } else {
                await();
            }
        }

        private void pass() {
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
