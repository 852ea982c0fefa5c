package io.jobtrail.document;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Reads documents out of the one bucket that the settings name; a request can choose the key of an object, never a server or a
 * bucket. Must not write there. Credentials come from where the AWS SDK looks for them: AWS_ACCESS_KEY_ID and its like, a
 * profile, or the role of the machine.
 */
public final class S3Bucket implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(20);

    /** A caller of the API waits for it. */
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(5);

    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;

    /** A 404 with another code, or without one, is about the bucket or does not come from S3: a wrong setting, soon mended. */
    private static final Set<String> GONE = Set.of("NoSuchKey", "NoSuchVersion");

    private final String name;
    private final S3Client client;

    /**
     * @param endpoint of a server other than Amazon's, which is then asked with the bucket in the path; null = Amazon's
     */
    public S3Bucket(String name, String endpoint, String region) {
        this.name = name;
        var builder = S3Client.builder()
                .region(Region.of(region))
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT_TIMEOUT)
                        .socketTimeout(READ_TIMEOUT));
        if (endpoint != null) {
            builder.endpointOverride(URI.create(endpoint)).forcePathStyle(true);
        }
        client = builder.build();
    }

    /** S3 does not answer, or refuses; trying later can help. */
    public static final class Unavailable extends RuntimeException {
        Unavailable(String message, Exception cause) {
            super(message, cause);
        }
    }

    /** The object is gone, or another one has taken its place. */
    public static final class Changed extends IOException {
        Changed(String message) {
            super(message);
        }
    }

    /**
     * S3 answers 403. Without the right to list the bucket it says this of every object that is not there too, so it may be the
     * key that is wrong, and trying later does not help.
     */
    public static final class Refused extends RuntimeException {
        Refused(String message, Exception cause) {
            super(message, cause);
        }
    }

    /**
     * @throws Refused when this process may not know
     * @throws Unavailable when that cannot be told
     */
    public Optional<S3Object> find(String key) {
        try {
            var head = client.headObject(request ->
                    request.bucket(name).key(key).overrideConfiguration(config -> config.apiCallTimeout(LOOK_TIMEOUT)));
            return Optional.of(new S3Object(
                    name, key, head.eTag(), versionOf(head.versionId()), head.contentLength(), head.contentType()));
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                requireBucket(key);
                return Optional.empty();
            }
            if (e.statusCode() == FORBIDDEN) {
                throw new Refused("S3 does not let this process look at %s in bucket %s".formatted(key, name), e);
            }
            throw unavailable(key, e);
        } catch (SdkException e) {
            throw unavailable(key, e);
        }
    }

    public String name() {
        return name;
    }

    /** The answer to a HEAD has no code that would tell a missing object from a missing bucket. */
    private void requireBucket(String key) {
        try {
            client.headBucket(request ->
                    request.bucket(name).overrideConfiguration(config -> config.apiCallTimeout(LOOK_TIMEOUT)));
        } catch (SdkException e) {
            throw unavailable(key, e);
        }
    }

    /** A bucket whose versioning was switched off calls the version "null". */
    private static String versionOf(String id) {
        return id == null || id.equals("null") ? null : id;
    }

    /**
     * The stream fails before its end when not all bytes came.
     *
     * @throws Changed when it is not that object any more
     * @throws IOException when S3 cannot be read, or this is not the bucket; trying later, or elsewhere, can help
     */
    public InputStream open(S3Object object) throws IOException {
        if (!object.bucket().equals(name)) {
            throw new IOException(
                    "%s lies in bucket %s, and this worker reads %s".formatted(object.key(), object.bucket(), name));
        }
        try {
            var bytes = client.getObject(
                    request -> request.bucket(name).key(object.key()).versionId(object.version()));
            GetObjectResponse found = bytes.response();
            if (!found.eTag().equals(object.etag())) {
                bytes.abort();
                throw new Changed(
                        "%s is not the object any more that was there when the job was sent: its ETag was %s and is %s"
                                .formatted(object.key(), object.etag(), found.eTag()));
            }
            return new WholeStream(bytes, object.size());
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND && GONE.contains(codeOf(e))) {
                throw new Changed(object.key() + " is not in bucket " + name + " any more");
            }
            throw unreadable(object.key(), e);
        } catch (SdkException e) {
            throw unreadable(object.key(), e);
        }
    }

    private static String codeOf(S3Exception e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? ""
                : e.awsErrorDetails().errorCode();
    }

    private IOException unreadable(String key, SdkException e) {
        return new IOException(unavailable(key, e).getMessage(), e);
    }

    private Unavailable unavailable(String key, SdkException e) {
        var refused = e instanceof S3Exception answer && answer.statusCode() == FORBIDDEN;
        return new Unavailable(
                refused
                        ? "S3 does not let this process read %s in bucket %s".formatted(key, name)
                        : "S3 cannot be asked for %s in bucket %s (%s)".formatted(key, name, e.getMessage()),
                e);
    }

    /**
     * A connection that ends early looks like the end of the object. The SDK looks at the interrupt before each read and says so,
     * as all that it has to say, by exceptions that no reader of a stream expects.
     */
    private static final class WholeStream extends FilterInputStream {
        private long left;

        WholeStream(InputStream in, long size) {
            super(in);
            left = size;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count;
            try {
                count = in.read(target, offset, length);
            } catch (SdkException e) {
                throw new IOException("S3 broke off: " + e.getMessage(), e);
            }
            if (count < 0 && left > 0) {
                throw new IOException(left + " bytes of the object are missing");
            }
            left -= Math.max(0, count);
            return count;
        }

        @Override
        public long skip(long wanted) throws IOException {
            return readNBytes((int) Math.min(wanted, 1 << 16)).length;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        @Override
        public void close() throws IOException {
            try {
                in.close();
            } catch (SdkException e) {
                throw new IOException("S3 broke off: " + e.getMessage(), e);
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
