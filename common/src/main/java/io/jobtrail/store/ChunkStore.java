package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Stores the pieces of text that a running attempt produces, under its fence. They are seen only when that attempt wins, and
 * deleted when it did not.
 */
public final class ChunkStore {
    private final Database database;

    public ChunkStore(Database database) {
        this.database = database;
    }

    /** One piece; see {@link JobReader.StoredChunk}. The embedding must hold finite numbers only. */
    public record NewChunk(String text, int tokens, Integer pageFrom, Integer pageTo, float[] embedding) {}

    /**
     * @param firstPosition position of the first of these chunks
     * @return false: the claim is lost, and nothing was stored
     */
    public boolean store(Claim claim, int firstPosition, List<NewChunk> chunks) {
        var positions = new ArrayList<Integer>();
        for (int i = 0; i < chunks.size(); i++) {
            positions.add(firstPosition + i);
        }
        return database.first(
                        "SELECT store_chunks(?, ?, ?, ?, ?, ?, ?, ?)",
                        row -> row.getBoolean(1),
                        claim.id(),
                        claim.version(),
                        array("int4", positions),
                        array(
                                "text",
                                chunks.stream().map(c -> Json.clean(c.text())).toList()),
                        array("int4", chunks.stream().map(NewChunk::tokens).toList()),
                        array("int4", chunks.stream().map(NewChunk::pageFrom).toList()),
                        array("int4", chunks.stream().map(NewChunk::pageTo).toList()),
                        array(
                                "text",
                                chunks.stream().map(c -> literal(c.embedding())).toList()))
                .orElseThrow();
    }

    /**
     * Takes over the chunks of the attempt that asked this question.
     *
     * @param count how many there must be; else none is taken over
     * @return whether that was done; empty when the claim is lost
     */
    public Optional<Boolean> keep(Claim claim, String question, int count) {
        return database.list(
                        "SELECT keep_chunks(?, ?, ?, ?)",
                        row -> Optional.ofNullable(row.getObject(1, Boolean.class)),
                        claim.id(),
                        claim.version(),
                        question,
                        count)
                .get(0);
    }

    /**
     * How far the removal of unseen chunks has come.
     *
     * @param job null = at the beginning
     * @param removed chunks, on the way here
     */
    public record Removal(UUID job, int version, int removed) {
        public static final Removal BEGINNING = new Removal(null, 0, 0);
    }

    /** Looks at some more of the chunks and deletes those that can never be seen; see {@code remove_unseen_chunks}. */
    public Removal removeUnseen(Removal after, int attempts, int limit) {
        return database.first(
                        "SELECT * FROM remove_unseen_chunks(coalesce(?, '00000000-0000-0000-0000-000000000000'::uuid), ?, ?, ?)",
                        row -> new Removal(
                                row.getObject("next_job", UUID.class),
                                row.getInt("next_version"),
                                row.getInt("removed")),
                        after.job(),
                        after.version(),
                        attempts,
                        limit)
                .orElseThrow();
    }

    /** Postgres cannot unnest an array of arrays row by row, so each vector travels as the text of one array. */
    private static String literal(float[] vector) {
        var text = new StringBuilder(vector.length * 10).append('{');
        for (var number : vector) {
            if (!Float.isFinite(number)) {
                throw new IllegalArgumentException("an embedding holds " + number);
            }
            text.append(text.length() > 1 ? "," : "").append(number);
        }
        return text.append('}').toString();
    }
}
