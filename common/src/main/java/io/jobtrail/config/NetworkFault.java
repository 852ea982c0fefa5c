package io.jobtrail.config;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** Why a server cannot be reached, in words that tell neither its address nor anything secret. */
public final class NetworkFault {
    public static final String TIMED_OUT = "it does not answer in time";

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
        if (failure instanceof ConnectException) {
            return Optional.of(
                    String.valueOf(failure.getMessage()).contains("refused")
                            ? "connection refused: nobody listens there"
                            : "its network cannot be reached");
        } else if (failure instanceof NoRouteToHostException) {
            return Optional.of("its network cannot be reached");
        } else if (failure instanceof SocketTimeoutException) {
            return Optional.of(TIMED_OUT);
        } else if (failure instanceof UnknownHostException) {
            return Optional.of("the name of its host is not known");
        } else if (failure instanceof SSLException) {
            return Optional.of("no TLS: it has none, or a certificate that is not trusted");
        }
        return Optional.empty();
    }
}
