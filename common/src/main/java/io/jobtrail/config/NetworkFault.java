package io.jobtrail.config;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** Why a server cannot be reached, in words that tell neither its address nor anything secret. */
public final class NetworkFault {
    public static final String TIMED_OUT = "it does not answer in time";
    public static final String BROKEN_OFF = "the connection was broken off";

    private NetworkFault() {}

    /** Empty when the network is not to blame, as far as the failure tells. */
    public static Optional<String> inWords(Throwable failure) {
        return failure == null
                ? Optional.empty()
                : own(failure)
                        .or(() -> Stream.concat(
                                        Stream.ofNullable(failure.getCause()), Arrays.stream(failure.getSuppressed()))
                                .flatMap(cause -> inWords(cause).stream())
                                .findFirst());
    }

    private static Optional<String> own(Throwable failure) {
        if (failure instanceof SocketException) {
            return Optional.of(inWords((SocketException) failure));
        } else if (failure instanceof SocketTimeoutException) {
            return Optional.of(TIMED_OUT);
        } else if (failure instanceof UnknownHostException) {
            return Optional.of("the name of its host is not known");
        } else if (failure instanceof SSLException && !(failure.getCause() instanceof SocketException)) {
            return Optional.of("no TLS: it has none, or a certificate that is not trusted");
        } else if (failure instanceof EOFException) {
            return Optional.of(BROKEN_OFF);
        }
        return Optional.empty();
    }

    private static String inWords(SocketException failure) {
        var message = String.valueOf(failure.getMessage());
        if (message.contains("refused")) {
            return "connection refused: nobody listens there";
        } else if (failure instanceof ConnectException
                || failure instanceof NoRouteToHostException
                || message.contains("unreachable")) {
            return "its network cannot be reached";
        }
        return BROKEN_OFF;
    }
}
