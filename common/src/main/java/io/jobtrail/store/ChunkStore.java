package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import java.util.ArrayList;
import java.util.List;

/** Stores the pieces of text that a running attempt produces, under its fence. They are seen only when that attempt wins. */
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
