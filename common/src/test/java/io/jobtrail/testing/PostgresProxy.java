package io.jobtrail.run;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Stands between the code and Postgres, to lose answers or to fall silent as a network does. */
final class PostgresProxy implements AutoCloseable {
    private final ServerSocket door;
    private final String host;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch silent = new CountDownLatch(1);
    private volatile String statementToCut;

    PostgresProxy(String host, int port) throws IOException {
        this.host = host;
        this.port = port;
        door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return door.getLocalPort();
    }

    /** The next statement that contains this text runs, but its connection breaks before the answer arrives. */
    void cutAnswerTo(String statement) {
        statementToCut = statement;
    }

    /** From now on swallows whatever is sent, and keeps the connections open. */
    void fallSilent() {
        silent.countDown();
    }

    private void accept() throws IOException {
        while (true) {
            var client = door.accept();
            var server = new Socket(host, port);
            sockets.add(client);
            sockets.add(server);
            var cut = new CountDownLatch(1);
            start(() -> pump(client, server, cut, true));
            start(() -> pump(server, client, cut, false));
        }
    }

    private void pump(Socket from, Socket to, CountDownLatch cut, boolean asking) throws IOException {
        var buffer = new byte[1 << 16];
        try (from;
                to) {
            for (int length = from.getInputStream().read(buffer);
                    length >= 0;
                    length = from.getInputStream().read(buffer)) {
                var wanted = statementToCut;
                if (asking
                        && wanted != null
                        && new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains(wanted)) {
                    statementToCut = null;
                    cut.countDown();
                }
                if (!asking && cut.getCount() == 0) {
                    return; // the answer has come, so the statement is committed
                }
                if (silent.getCount() > 0) {
                    to.getOutputStream().write(buffer, 0, length);
                }
            }
        }
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void start(Task task) {
        var thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException e) {
                        // one side has closed the connection
                    }
                },
                "postgres-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        door.close();
        for (var socket : sockets) {
            socket.close();
        }
    }
}
