package io.jobtrail.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.document.DocumentStore.CorruptDocument;
import io.jobtrail.document.DocumentStore.StoredDocument;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentStoreTest {
    private static final int MB = 1 << 20;

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final DocumentStore documents = new DocumentStore(database.runtime());

    @ParameterizedTest
    @ValueSource(ints = {1, MB - 1, MB, MB + 1, 5 * MB})
    void whatWasStoredIsReadBack(int size) throws Exception {
        var bytes = bytes(size);
        var stored = documents.put("a.bin", "application/x", new ByteArrayInputStream(bytes));
        assertThat(stored.size()).isEqualTo(size);
        assertThat(stored.sha256())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
        assertThat(documents.find(stored.id())).contains(stored);
        try (var in = documents.open(stored)) {
            assertThat(in.readAllBytes()).isEqualTo(bytes);
            assertThat(in.read()).isEqualTo(-1);
        }
        assertThat(parts(stored.id())).isEqualTo((size + MB - 1) / MB);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100_000, MB})
    void bytesInMemoryAreStoredLikeThoseOfAStream(int size) throws Exception {
        var bytes = bytes(size);
        var stored = documents.put("a\0.bin", "application/x", around(bytes));
        var streamed = documents.put("a\0.bin", "application/x", new ByteArrayInputStream(bytes));
        assertThat(stored).usingRecursiveComparison().ignoringFields("id").isEqualTo(streamed);
        assertThat(documents.find(stored.id())).contains(stored);
        assertThat(documents.open(stored).readAllBytes()).isEqualTo(bytes);
        assertThat(parts(stored.id())).isEqualTo(1);
    }

    @Test
    void bytesInMemoryTakeOneStatement() {
        try (var database = JobtrailDatabase.fresh()) {
            for (var table : new String[] {"pipeline_documents", "pipeline_document_parts"}) {
                database.asOwner(
                        "ALTER TABLE " + table + " ADD COLUMN statement timestamptz DEFAULT statement_timestamp()");
            }
            var id = new DocumentStore(database.runtime())
                    .put("a", "b", ByteBuffer.wrap(bytes(10)))
                    .id();
            assertThat(database.ask(
                            "SELECT d.statement = p.statement FROM pipeline_documents d"
                                    + " JOIN pipeline_document_parts p ON p.document_id = d.id WHERE d.id = ?",
                            id))
                    .isEqualTo(true);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, MB + 1})
    void whatIsNoSinglePartIsRefusedAndLeavesNothing(int size) {
        var before = rows();
        assertThatThrownBy(() -> documents.put("a", "b", ByteBuffer.wrap(bytes(size))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(size + " bytes");
        assertThat(rows()).isEqualTo(before);
    }

    @Test
    void aStreamThatComesInSmallPiecesIsStoredTheSame() throws Exception {
        var bytes = bytes(2 * MB + 5);
        var trickle = new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, 1_000));
            }
        };
        var stored = documents.put("a", "b", trickle);
        assertThat(parts(stored.id())).isEqualTo(3);
        assertThat(documents.open(stored).readAllBytes()).isEqualTo(bytes);
    }

    @Test
    void singleBytesCanBeRead() throws Exception {
        var stored = documents.put("a", "b", new ByteArrayInputStream(new byte[] {(byte) 0xFF, 0, 7}));
        var in = documents.open(stored);
        assertThat(new int[] {in.read(), in.read(), in.read(), in.read(), in.read()})
                .containsExactly(255, 0, 7, -1, -1);
    }

    @Test
    void aFlippedByteIsNoticed() {
        var stored = documents.put("a", "b", new ByteArrayInputStream(bytes(2 * MB)));
        database.asOwner("UPDATE pipeline_document_parts SET bytes = set_byte(bytes, 9, 255 - get_byte(bytes, 9))"
                + " WHERE part = 1 AND document_id = '" + stored.id() + "'");
        assertThatThrownBy(() -> documents.open(stored).readAllBytes()).isInstanceOf(CorruptDocument.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void theLastPartIsNotHandedOutWhenAnyByteIsWrong(int part) throws Exception {
        var stored = documents.put("a", "b", new ByteArrayInputStream(bytes(2 * MB + 1)));
        database.asOwner("UPDATE pipeline_document_parts SET bytes = set_byte(bytes, 0, 255 - get_byte(bytes, 0))"
                + " WHERE part = " + part + " AND document_id = '" + stored.id() + "'");
        try (var in = documents.open(stored)) {
            assertThat(in.readNBytes(2 * MB)).hasSize(2 * MB);
            assertThatThrownBy(in::read).isInstanceOf(CorruptDocument.class);
            assertThatThrownBy(in::read).as("again").isInstanceOf(CorruptDocument.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aMissingPartIsNoticed(int part) {
        var stored = documents.put("a", "b", new ByteArrayInputStream(bytes(2 * MB + 1)));
        database.asOwner("DELETE FROM pipeline_document_parts WHERE part = " + part + " AND document_id = '"
                + stored.id() + "'");
        assertThatThrownBy(() -> documents.open(stored).readAllBytes())
                .isInstanceOf(CorruptDocument.class)
                .hasMessageContaining(stored.sha256());
    }

    @ParameterizedTest
    @ValueSource(strings = {"substring(bytes, 1, 100)", "''", "bytes || 'x'"})
    void aPartOfAnotherLengthIsNoticed(String bytes) {
        var stored = documents.put("a", "b", new ByteArrayInputStream(bytes(MB + 500)));
        database.asOwner("UPDATE pipeline_document_parts SET bytes = " + bytes + " WHERE part = 0 AND document_id = '"
                + stored.id() + "'");
        assertThatThrownBy(() -> documents.open(stored).readAllBytes()).isInstanceOf(CorruptDocument.class);
    }

    @Test
    void aStreamThatBreaksLeavesNothing() {
        var before = rows();
        InputStream broken = new SequenceInputStream(new ByteArrayInputStream(bytes(2 * MB + 9)), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the caller has hung up");
            }
        });
        assertThatThrownBy(() -> documents.put("a", "b", broken))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("hung up");
        assertThat(rows()).isEqualTo(before);
    }

    @Test
    void anEmptyDocumentIsRefusedAndLeavesNothing() {
        var before = rows();
        assertThatThrownBy(() -> documents.put("a", "b", InputStream.nullInputStream()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the document is empty");
        assertThat(rows()).isEqualTo(before);
    }

    @Test
    void namesMayHoldWhatPostgresCannotStore() {
        var stored = documents.put("a\0\ud800.pdf", "x/y\0", new ByteArrayInputStream(new byte[] {1}));
        assertThat(stored.filename()).isEqualTo("a\ufffd\ufffd.pdf");
        assertThat(documents.find(stored.id())).contains(stored);
    }

    @Test
    void aDeletedDocumentIsGoneWithItsParts() {
        var stored = documents.put("a", "b", new ByteArrayInputStream(bytes(MB + 1)));
        documents.delete(stored.id());
        assertThat(documents.find(stored.id())).isEmpty();
        assertThat(parts(stored.id())).isZero();
        assertThatThrownBy(() -> documents.open(stored).read()).isInstanceOf(CorruptDocument.class);
    }

    @Test
    void anUnknownDocumentIsNotFound() {
        assertThat(documents.find(UUID.randomUUID())).isEmpty();
        var unknown = new StoredDocument(UUID.randomUUID(), "a", "b", 1, "00");
        assertThatThrownBy(() -> documents.open(unknown).read()).isInstanceOf(CorruptDocument.class);
    }

    /** With other bytes before and behind. */
    private static ByteBuffer around(byte[] bytes) {
        var buffer = ByteBuffer.allocate(bytes.length + 7).slice(2, bytes.length + 5);
        return buffer.put(3, bytes).position(3).limit(3 + bytes.length);
    }

    private static byte[] bytes(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static long parts(UUID id) {
        return (Long) database.ask("SELECT count(*) FROM pipeline_document_parts WHERE document_id = ?", id);
    }

    private static String rows() {
        return database.ask("SELECT count(*) FROM pipeline_documents") + " documents, "
                + database.ask("SELECT count(*) FROM pipeline_document_parts") + " parts";
    }
}
