package io.jobtrail.document;

import io.jobtrail.config.Json;
import io.jobtrail.job.JobIds;
import io.jobtrail.store.Database;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Keeps the bytes that were sent with jobs, in Postgres: the web process and the workers share no disk. Streams in parts of
 * one megabyte both ways; holds at most two of them in memory.
 */
public final class DocumentStore {
    private static final int PART_BYTES = 1 << 20;

    private static final String INSERT_PART =
            "INSERT INTO pipeline_document_parts (document_id, part, bytes) VALUES (?, ?, ?)";
    private static final String INSERT_DOCUMENT =
            "INSERT INTO pipeline_documents (id, filename, content_type, size, sha256) VALUES (?, ?, ?, ?, ?)";

    private final Database database;

    public DocumentStore(Database database) {
        this.database = database;
    }

    /**
     * What is known about a stored document.
     *
     * @param size in bytes
     * @param sha256 hexadecimal, in lower case
     */
    public record StoredDocument(UUID id, String filename, String contentType, long size, String sha256) {}

    /** The bytes read back are not those that were stored. */
    public static final class CorruptDocument extends IOException {
        CorruptDocument(String message) {
            super(message);
        }
    }

    /**
     * Stores the bytes with one statement; when this returns they are committed. On any error nothing is kept.
     *
     * @throws IllegalArgumentException when there are none, or more than a megabyte of them
     */
    public StoredDocument put(String filename, String contentType, ByteBuffer bytes) {
        int size = bytes.remaining();
        if (size == 0 || size > PART_BYTES) {
            throw new IllegalArgumentException("a document of " + size + " bytes cannot be stored at once");
        }
        var digest = Sha256.digest();
        digest.update(bytes.duplicate());
        var document = described(JobIds.next(), filename, contentType, size, Sha256.hex(digest));
        database.update(
                "WITH part AS (" + INSERT_PART + ") " + INSERT_DOCUMENT,
                document.id(),
                0,
                bytes,
                document.id(),
                document.filename(),
                document.contentType(),
                document.size(),
                document.sha256());
        return document;
    }

    /**
     * Likewise the bytes of a stream, however many they are, in parts.
     *
     * @throws UncheckedIOException when the stream cannot be read
     * @throws IllegalArgumentException when it is empty
     */
    public StoredDocument put(String filename, String contentType, InputStream bytes) {
        return database.inTransaction(connection -> put(connection, filename, contentType, bytes));
    }

    /** Bytes that are to be stored, with what their sender calls them. */
    public interface Incoming {
        String filename();

        String contentType();

        InputStream open() throws IOException;
    }

    /** Likewise all of them, or none, with one commit. The answers are in the order of the files. */
    public List<StoredDocument> put(List<? extends Incoming> files) {
        return database.inTransaction(connection -> {
            var stored = new ArrayList<StoredDocument>();
            for (var file : files) {
                try (var bytes = file.open()) {
                    stored.add(put(connection, file.filename(), file.contentType(), bytes));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return stored;
        });
    }

    private static StoredDocument put(Connection connection, String filename, String contentType, InputStream bytes)
            throws SQLException {
        var id = JobIds.next();
        var digest = Sha256.digest();
        long size = 0;
        int parts = 0;
        for (byte[] part; (part = next(bytes)).length > 0; parts++) {
            digest.update(part);
            size += part.length;
            Database.update(connection, INSERT_PART, id, parts, ByteBuffer.wrap(part));
        }
        if (size == 0) {
            throw new IllegalArgumentException("the document is empty");
        }
        var document = described(id, filename, contentType, size, Sha256.hex(digest));
        Database.update(
                connection,
                INSERT_DOCUMENT,
                document.id(),
                document.filename(),
                document.contentType(),
                document.size(),
                document.sha256());
        return document;
    }

    /** Takes no more memory than there are bytes. */
    private static byte[] next(InputStream bytes) {
        try {
            return bytes.readNBytes(PART_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static StoredDocument described(UUID id, String filename, String contentType, long size, String sha256) {
        return new StoredDocument(id, Json.clean(filename), Json.clean(contentType), size, sha256);
    }

    public Optional<StoredDocument> find(UUID id) {
        return database.first(
                "SELECT * FROM pipeline_documents WHERE id = ?",
                row -> new StoredDocument(
                        id,
                        row.getString("filename"),
                        row.getString("content_type"),
                        row.getLong("size"),
                        row.getString("sha256")),
                id);
    }

    /** For documents that no job will refer to. Those that one does refer to make it fail, and all stay. */
    public void delete(Collection<UUID> ids) {
        database.update("DELETE FROM pipeline_documents WHERE id = ANY (?)", Database.array("uuid", List.copyOf(ids)));
    }

    public void delete(UUID id) {
        delete(List.of(id));
    }

    /**
     * How far the removal of unreferenced documents has come.
     *
     * @param id null = at the beginning
     * @param removed documents, on the way here
     */
    public record Removal(UUID id, int removed) {
        public static final Removal BEGINNING = new Removal(null, 0);
    }

    /**
     * Looks at some more of the documents and deletes those that no job refers to: their upload ended without one.
     *
     * @param age younger ones are left alone, because their job may be about to come
     * @param look how many are looked at
     * @param limit how many are deleted at most
     */
    public Removal removeUnreferenced(Removal after, Duration age, int look, int limit) {
        return database.first(
                        """
                        WITH page AS (
                            SELECT id, created_at FROM pipeline_documents
                            WHERE id > coalesce(?, '00000000-0000-0000-0000-000000000000'::uuid) ORDER BY id LIMIT ?
                        ), orphans AS (
                            SELECT id FROM page p WHERE created_at < now() - ? * interval '1 ms'
                              AND NOT EXISTS (SELECT FROM pipeline_jobs j WHERE j.document_id = p.id) ORDER BY id LIMIT ?
                        ), gone AS (
                            DELETE FROM pipeline_documents d USING orphans o WHERE d.id = o.id RETURNING d.id
                        )
                        SELECT CASE WHEN removed >= ? THEN last_gone WHEN looked_at >= ? THEN last END AS next, removed
                        FROM (SELECT count(*) AS looked_at, (array_agg(id ORDER BY id DESC))[1] AS last FROM page) p,
                             (SELECT count(*)::integer AS removed, (array_agg(id ORDER BY id DESC))[1] AS last_gone FROM gone) g""",
                        row -> new Removal(row.getObject("next", UUID.class), row.getInt("removed")),
                        after.id(),
                        look,
                        age.toMillis(),
                        limit,
                        limit,
                        look)
                .orElseThrow();
    }

    /**
     * The stream ends with {@link CorruptDocument} when size or sha256 of what was read differ from what was stored, and then
     * never hands out the last part: whoever has all the bytes has the right ones.
     */
    public InputStream open(StoredDocument document) {
        return new PartsStream(document);
    }

    /**
     * Fetches one part at a time, so that a slow reader holds no connection. Is always one part ahead of its reader, because the
     * last part may be handed out only after all of them were found right.
     */
    private final class PartsStream extends InputStream {
        private final StoredDocument document;
        private final MessageDigest digest = Sha256.digest();
        private byte[] part = new byte[0];
        private int position;
        private Optional<byte[]> ahead;
        private int fetched;
        private long size;

        PartsStream(StoredDocument document) {
            this.document = document;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            while (position == part.length) {
                if (!next()) {
                    return -1;
                }
            }
            int count = Math.min(length, part.length - position);
            System.arraycopy(part, position, target, offset, count);
            position += count;
            return count;
        }

        private boolean next() throws IOException {
            if (ahead == null) {
                ahead = fetch();
            }
            if (ahead.isEmpty()) {
                return false;
            }
            var afterThat = fetch();
            part = ahead.get();
            position = 0;
            ahead = afterThat;
            return true;
        }

        /** Empty: there are no more, and all that were fetched are right. */
        private Optional<byte[]> fetch() throws IOException {
            var bytes = database.first(
                    "SELECT bytes FROM pipeline_document_parts WHERE document_id = ? AND part = ?",
                    row -> row.getBytes(1),
                    document.id(),
                    fetched);
            if (bytes.isPresent()) {
                fetched++;
                size += bytes.get().length;
                digest.update(bytes.get());
                return bytes;
            }
            var sha256 = Sha256.hex(digest);
            if (size != document.size() || !sha256.equals(document.sha256())) {
                throw new CorruptDocument("stored were %d bytes with sha256 %s, read were %d bytes with sha256 %s"
                        .formatted(document.size(), document.sha256(), size, sha256));
            }
            return bytes;
        }
    }
}
