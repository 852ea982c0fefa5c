package io.jobtrail.sweep;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.store.ChunkStore;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what crashes left behind and nobody can see: documents whose job was never accepted, and chunks of attempts that did
 * not finish their job. Walks both tables round and round, a bounded stretch each time.
 */
public final class RemoveLeftovers implements Sweep {
    private static final Logger LOG = LoggerFactory.getLogger(RemoveLeftovers.class);

    /** Longer than any upload takes from the commit of its document to that of its job. */
    private static final Duration AGE = Duration.ofHours(1);

    private static final int LOOK = 5_000;
    private static final int DOCUMENTS = 20; // up to a few hundred megabytes each
    private static final int CHUNKS = 5_000;

    private final DocumentStore documents;
    private final ChunkStore chunks;
    private DocumentStore.Removal document = DocumentStore.Removal.BEGINNING;
    private ChunkStore.Removal chunk = ChunkStore.Removal.BEGINNING;

    public RemoveLeftovers(DocumentStore documents, ChunkStore chunks) {
        this.documents = documents;
        this.chunks = chunks;
    }

    @Override
    public String name() {
        return "leftovers";
    }

    @Override
    public Duration interval() {
        return Duration.ofSeconds(60);
    }

    @Override
    public Duration run() {
        document = documents.removeUnreferenced(document, AGE, LOOK, DOCUMENTS);
        chunk = chunks.removeUnseen(chunk, LOOK, CHUNKS);
        if (document.removed() > 0 || chunk.removed() > 0) {
            LOG.info(
                    "deleted {} documents without a job and {} chunks of attempts that did not finish theirs",
                    document.removed(),
                    chunk.removed());
        }
        return document.removed() == DOCUMENTS || chunk.removed() == CHUNKS ? Duration.ofSeconds(1) : interval();
    }
}
