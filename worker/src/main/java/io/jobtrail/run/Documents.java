package io.jobtrail.run;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.document.DocumentStore.StoredDocument;
import io.jobtrail.document.S3Bucket;
import io.jobtrail.document.S3Object;
import io.jobtrail.document.Sha256;
import io.jobtrail.handler.JobContext.Document;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.job.Claim;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.util.Optional;

/**
 * The document of a job, wherever its bytes lie: stored with the job, or in S3. Whoever reads one to its end has read what
 * was sent, or met a failure with a code.
 */
public final class Documents {
    private final DocumentStore store;
    private final S3Bucket bucket;

    /** @param bucket null when the settings name none */
    public Documents(DocumentStore store, S3Bucket bucket) {
        this.store = store;
        this.bucket = bucket;
    }

    Document of(Claim claim) {
        var stored = Optional.ofNullable(claim.documentId())
                .flatMap(id -> store.find(id))
                .map(Stored::new);
        return stored.map(Document.class::cast)
                .or(() -> S3Object.ofPayload(claim.job().payload()).map(InBucket::new))
                .orElseThrow(() -> new PermanentFailure("NO_DOCUMENT", "the job was sent without a document"));
    }

    private final class Stored implements Document {
        private final StoredDocument stored;

        Stored(StoredDocument stored) {
            this.stored = stored;
        }

        @Override
        public String name() {
            return stored.filename();
        }

        @Override
        public String contentType() {
            return stored.contentType();
        }

        @Override
        public long size() {
            return stored.size();
        }

        @Override
        public String sha256() {
            return stored.sha256();
        }

        @Override
        public InputStream open() {
            return new CodedStream(store.open(stored), e -> {
                if (e instanceof DocumentStore.CorruptDocument) {
                    return new PermanentFailure("INPUT_CORRUPT", e.getMessage(), e);
                }
                throw e;
            });
        }
    }

    private final class InBucket implements Document {
        private final S3Object object;

        InBucket(S3Object object) {
            this.object = object;
        }

        @Override
        public String name() {
            return object.filename();
        }

        @Override
        public String contentType() {
            return object.contentType();
        }

        @Override
        public long size() {
            return object.size();
        }

        /** S3 keeps no such digest: this reads the whole object. */
        @Override
        public String sha256() {
            try (var bytes = new DigestInputStream(open(), Sha256.digest())) {
                bytes.transferTo(OutputStream.nullOutputStream());
                return Sha256.hex(bytes.getMessageDigest());
            } catch (IOException e) {
                throw unavailable(e);
            }
        }

        @Override
        public InputStream open() {
            if (bucket == null) {
                throw new RetryableFailure(
                        "SOURCE_UNAVAILABLE", "the document lies in S3, and this worker has no S3_BUCKET");
            }
            try {
                return new CodedStream(bucket.open(object), InBucket::unavailable);
            } catch (S3Bucket.Changed e) {
                throw new PermanentFailure("INPUT_CHANGED", e.getMessage(), e);
            } catch (IOException e) {
                throw unavailable(e);
            }
        }

        private static RetryableFailure unavailable(IOException e) {
            return new RetryableFailure("SOURCE_UNAVAILABLE", e.getMessage(), e);
        }
    }

    private interface Coded {
        RuntimeException of(IOException e) throws IOException;
    }

    /** Reading and closing alone are handed on: whatever else a stream can do comes to these, and so meets the code. */
    private static final class CodedStream extends InputStream {
        private final InputStream bytes;
        private final Coded failure;

        CodedStream(InputStream bytes, Coded failure) {
            this.bytes = bytes;
            this.failure = failure;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            try {
                return bytes.read(target, offset, length);
            } catch (IOException e) {
                throw failure.of(e);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                bytes.close();
            } catch (IOException e) {
                throw failure.of(e);
            }
        }
    }
}
