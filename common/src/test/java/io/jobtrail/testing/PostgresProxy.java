package io.jobtrail.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Stands between the code and Postgres, to lose answers or to fall silent as a network does. */
public final class PostgresProxy implements AutoCloseable {
    private final ServerSocket door;
    private final String host;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch silent = new CountDownLatch(1);
    private String statementToCut;
    private int cuts;

    public PostgresProxy(String host, int port) throws IOException {
        this.host = host;
        this.port = port;
        door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    public int port() {
        return door.getLocalPort();
    }

    /** The next statement that contains this text runs, but its connection breaks before the answer arrives. */
    public void cutAnswerTo(String statement) {
        cutAnswersTo(statement, 1);
    }

    /** The same for so many statements. */
    public synchronized void cutAnswersTo(String statement, int times) {
        statementToCut = statement;
        cuts = times;
    }

    private synchronized boolean isToBeCut(String sent) {
        return cuts > 0 && sent.contains(statementToCut) && cuts-- > 0;
    }

    /** From now on swallows whatever is sent, and keeps the connections open. */
    public void fallSilent() {
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
                if (asking && isToBeCut(new String(buffer, 0, length, StandardCharsets.ISO_8859_1))) {
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
