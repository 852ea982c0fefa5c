package io.jobtrail.testbed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds TCP ports on the loopback address that nobody listens on. It reserves nothing: between the answer and its use another
 * program may take the port, so starters must be ready to try again.
 */
public final class Ports {
    /**
     * Below the range from which Linux and macOS pick the local port of an outgoing connection. In that range a client that
     * keeps dialling a stopped server can be connected to itself, and then holds the very port the server wants back.
     */
    private static final int FIRST = 15_000;

    private static final int BEYOND = 32_000;

    private Ports() {}

    /** A port nobody listens on at this moment. */
    public static int free() {
        for (int attempt = 0; attempt < 200; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, BEYOND);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free port found between " + FIRST + " and " + BEYOND);
    }

    /** The wanted port when it is free, else the next free one within a hundred, else any free one. */
    static int freeNear(int wanted) {
        for (int port = wanted; port < Math.min(wanted + 100, 65_536); port++) {
            if (isFree(port)) {
                return port;
            }
        }
        return free();
    }

    static boolean isFree(int port) {
        return canBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                && canBind(new InetSocketAddress(port));
    }

    private static boolean canBind(InetSocketAddress address) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
            return true;
        } catch (IOException inUse) {
            return false;
        }
    }
}
