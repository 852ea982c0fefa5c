package io.jobtrail.api;

import io.jobtrail.document.DocumentPayload;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.document.DocumentStore.StoredDocument;
import io.jobtrail.store.DatabaseFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files that were sent: their pages, their bytes in the store, and the work that they are. Makes no jobs. */
final class DocumentIntake {
    private static final Logger LOG = LoggerFactory.getLogger(DocumentIntake.class);

    private static final Duration PAGE_COUNT_PATIENCE = Duration.ofMillis(300);

    private final DocumentStore documents;

    DocumentIntake(DocumentStore documents) {
        this.documents = documents;
    }

    static OptionalInt pages(UploadedFile file) {
        return pages(file, PAGE_COUNT_PATIENCE);
    }

    /** @param patience at most; what is not known then goes where files without pages go */
    static OptionalInt pages(UploadedFile file, Duration patience) {
        var longest = patience.compareTo(PAGE_COUNT_PATIENCE) < 0 ? patience : PAGE_COUNT_PATIENCE;
        if (longest.isNegative() || longest.isZero()) {
            return OptionalInt.empty();
        }
        try (var bytes = file.open()) {
            return PdfPageCount.of(bytes, file.size(), longest);
        } catch (IOException e) {
            return OptionalInt.empty(); // the worker will find out what is wrong with it
        }
    }

    StoredDocument store(UploadedFile file) {
        var inMemory = file.inMemory();
        if (inMemory.isPresent()) {
            return documents.put(file.filename(), file.contentType(), inMemory.get());
        }
        try (var bytes = file.open()) {
            return documents.put(file.filename(), file.contentType(), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All of them, or none. */
    List<StoredDocument> store(List<UploadedFile> files) {
        return documents.put(files);
    }

    static Intake.Work work(StoredDocument document, OptionalInt pages, Intake intake) {
        var payload = DocumentPayload.of(document.filename(), document.size(), document.contentType());
        payload.put("sha256", document.sha256());
        pages.ifPresent(count -> payload.put("pages", count));
        return new Intake.Work(
                Intake.DOCUMENT_HANDLER, intake.route(pages), payload, document, document.sha256(), false);
    }

    /** Those that a job refers to stay, whatever was known of that job: the foreign key sees to it. */
    void discard(Collection<UUID> stored) {
        try {
            documents.delete(stored);
        } catch (DatabaseFailure e) {
            LOG.warn("documents {} stay, although no answer has named a job for them: {}", stored, e.getMessage());
        }
    }
}
