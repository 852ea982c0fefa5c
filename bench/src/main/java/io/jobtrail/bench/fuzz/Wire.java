package io.jobtrail.bench.fuzz;

import io.jobtrail.bench.fuzz.Reply.Body;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Sends bytes as they are and reads what comes back. For one thread. Judges nothing. */
final class Wire implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int GLANCE_MILLIS = 300;
    private static final int MOST_BEFORE_METHOD = 100;

    private final int port;
    private Socket kept;
    private InputStream in;

    Wire(int port) {
        this.port = port;
    }

    /** @return the one answer, on a connection that other requests may have used before; none when it did not come */
    List<Reply> ask(byte[] request) {
        try {
            if (kept == null) {
                open();
            }
            if (in.available() > 0) {
                return List.of(unasked());
            }
            try {
                kept.getOutputStream().write(request);
            } catch (IOException e) {
                // refused before all of it was sent: the answer may be there
            }
            var reply = Reply.read(in, isHead(request) ? Body.NONE : Body.AS_TOLD);
            if (reply == null || reply.endsConnection() || !hasLength(reply)) {
                close();
            }
            return reply == null ? List.of() : List.of(reply);
        } catch (IOException e) {
            close();
            return List.of();
        }
    }

    /** What stands on the line before anything is sent answers nothing, and would be taken for the answer to what is sent. */
    private Reply unasked() throws IOException {
        var bytes = in.readNBytes(in.available());
        close();
        return new Reply(0, Map.of(), bytes);
    }

    /** Whether {@link #ask} would use a connection again. */
    boolean isOpen() {
        return kept != null;
    }

    /**
     * On a connection of its own that is closed for writing then, so that the server does not wait for what never comes.
     *
     * @return all answers until the server closes it, for it may see several requests
     */
    List<Reply> throwAt(byte[] request) {
        return once(request, PATIENCE_MILLIS, true);
    }

    /** An answer that may have no end, or come only when something happens: what comes within a moment. */
    List<Reply> glance(byte[] request) {
        return once(request, GLANCE_MILLIS, false);
    }

    private List<Reply> once(byte[] request, int millis, boolean ends) {
        var replies = new ArrayList<Reply>();
        try (var socket = connected(millis)) {
            try {
                socket.getOutputStream().write(request);
                if (ends) {
                    socket.shutdownOutput();
                }
            } catch (IOException e) {
                // as above
            }
            var from = new BufferedInputStream(socket.getInputStream());
            for (Reply reply;
                    (reply = Reply.read(from, isHead(request) ? Body.IF_IT_FOLLOWS : Body.AS_TOLD)) != null; ) {
                replies.add(reply);
                if (!ends || reply.endsConnection()) {
                    break;
                }
            }
        } catch (SocketTimeoutException e) {
            return ends ? List.of() : replies;
        } catch (IOException e) {
            // what came until then
        }
        return replies;
    }

    private void open() throws IOException {
        kept = connected(PATIENCE_MILLIS);
        in = new BufferedInputStream(kept.getInputStream());
    }

    private Socket connected(int millis) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(millis);
        return socket;
    }

    /** Servers pass over empty lines before a request. */
    private static boolean isHead(byte[] request) {
        return new String(request, 0, Math.min(request.length, MOST_BEFORE_METHOD), StandardCharsets.ISO_8859_1)
                .stripLeading()
                .startsWith("HEAD ");
    }

    private static boolean hasLength(Reply reply) {
        return reply.headers().containsKey("content-length")
                || reply.headers().containsKey("transfer-encoding")
                || reply.status() == 204
                || reply.status() == 304;
    }

    @Override
    public void close() {
        try {
            if (kept != null) {
                kept.close();
            }
        } catch (IOException e) {
            // it is of no use any more
        }
        kept = null;
    }
}
