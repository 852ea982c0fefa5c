package io.jobtrail.testbed;

import com.robothy.s3.rest.LocalS3;
import com.robothy.s3.rest.bootstrap.LocalS3Mode;

/**
 * A server that speaks S3, for tests: in memory, on a free port. It takes every signature, so it must never be used in
 * production.
 */
public final class S3Server implements AutoCloseable {
    private final LocalS3 server;

    private S3Server(LocalS3 server) {
        this.server = server;
    }

    public static S3Server start() {
        var server = LocalS3.builder()
                .mode(LocalS3Mode.IN_MEMORY)
                .port(Ports.free())
                .nettyParentEventGroupThreadNum(1)
                .nettyChildEventGroupThreadNum(1)
                .s3ExecutorThreadNum(2)
                .build();
        server.start();
        return new S3Server(server);
    }

    /** In the form of S3_ENDPOINT. */
    public String url() {
        return "http://127.0.0.1:" + server.getPort();
    }

    /** Nobody answers from now on. */
    @Override
    public void close() {
        server.shutdown();
    }
}
