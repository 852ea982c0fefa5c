package io.jobtrail.api;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * What becomes of the rest of a body that was answered before it was read, as that of an upload with a wrong key. The web server
 * would end the connection at once, the system would reset it because of what still comes in, and a caller that sends all before it
 * reads would lose its answer. So the answer goes out first, and then as much of the rest as may be is read and dropped: with no
 * thread while nothing comes, and for no longer than a connection may be silent, so that nobody gains what an idle connection
 * would not give. The connection goes on once the body has ended, and is cut at either bound. Must not ask for a body
 * ({@code 100 Continue}) that nobody wants, nor know which requests are refused.
 */
final class UnreadBodies extends Handler.Wrapper {
    /** Most documents and all JSON that is taken are smaller; a stranger that begins again and again costs little with each. */
    static final int MOST_BYTES = 16 << 20;

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        if (request.getLength() <= 0 && !request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)) {
            return super.handle(request, response, callback);
        }
        var body = new Body(request, callback);
        return super.handle(body, new Answer(body, response), body.answered());
    }

    /** Tells callers that the connection ends when the next request would be lost. */
    private static final class Answer extends Response.Wrapper {
        private final Body body;

        Answer(Body body, Response response) {
            super(body, response);
            this.body = body;
        }

        @Override
        public void write(boolean last, ByteBuffer bytes, Callback callback) {
            if (!isCommitted() && !body.canEnd()) {
                getHeaders().put(HttpFields.CONNECTION_CLOSE);
            }
            super.write(last, bytes, callback);
        }
    }

    private static final class Body extends Request.Wrapper {
        private final Callback callback;
        private volatile boolean ended;
        private volatile Throwable failure;
        private long dropped;
        private Scheduler.Task limit;
        private boolean over;

        Body(Request request, Callback callback) {
            super(request);
            this.callback = callback;
        }

        @Override
        public Content.Chunk read() {
            var chunk = super.read();
            if (Content.Chunk.isFailure(chunk)) {
                failure = chunk.getFailure();
            } else if (chunk != null && chunk.isLast()) {
                ended = true;
            }
            return chunk;
        }

        /** Asked before the answer goes out; whatever is not there yet would then count as lost. */
        @Override
        public boolean consumeAvailable() {
            return canEnd();
        }

        /** False also when that is unknown. Before it ends the caller cannot send another request that could be lost. */
        boolean canEnd() {
            return failure == null
                    && (ended || getLength() >= 0 && getLength() - Request.getContentBytesRead(this) <= MOST_BYTES);
        }

        Callback answered() {
            return new Callback.Nested(callback) {
                @Override
                public void succeeded() {
                    if (ended || failure != null) {
                        super.succeeded();
                    } else {
                        drop();
                    }
                }
            };
        }

        private void drop() {
            for (var chunk = read(); chunk != null; chunk = read()) {
                dropped += chunk.remaining();
                chunk.release();
                if (ended || failure != null || dropped > MOST_BYTES) {
                    end();
                    return;
                }
            }
            if (limit == null) {
                limit = limit(getConnectionMetaData().getConnection().getEndPoint());
            }
            demand(this::drop); // a "100 Continue" is not sent after an answer
        }

        private Scheduler.Task limit(EndPoint connection) {
            return getComponents()
                    .getScheduler()
                    .schedule(() -> cut(connection::close), connection.getIdleTimeout(), TimeUnit.MILLISECONDS);
        }

        private void end() {
            synchronized (this) {
                over = true; // from here on the connection may serve the next request
                if (limit != null) {
                    limit.cancel();
                }
            }
            if (failure != null) {
                callback.failed(failure);
            } else if (dropped > MOST_BYTES && !ended) {
                callback.failed(new IOException("more comes of a body that nobody reads than is dropped"));
            } else {
                callback.succeeded();
            }
        }

        private synchronized void cut(Runnable close) {
            if (!over) {
                close.run(); // which ends the read that is waited for
            }
        }
    }
}
