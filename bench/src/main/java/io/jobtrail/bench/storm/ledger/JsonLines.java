package io.jobtrail.bench.storm.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * A file that several processes append records to, one JSON object a line. Each line goes out in one write in append mode, so
 * lines of different processes never mix and a line that was written outlives its process. Knows no kind of record.
 */
final class JsonLines implements AutoCloseable {
    /** More than this, and one line might be written in two pieces. */
    private static final int MAX_LINE_BYTES = 4_096;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    /** Not a channel: that would be closed under the other threads when one of them is interrupted, as handlers are. */
    private final FileOutputStream file;

    JsonLines(Path path) {
        try {
            file = new FileOutputStream(path.toFile(), true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void append(Object entry) {
        append(entry, false);
    }

    /** When this returns, the line is on the disk. */
    void appendForGood(Object entry) {
        append(entry, true);
    }

    private void append(Object entry, boolean forGood) {
        try {
            var line = (MAPPER.writeValueAsString(entry) + "\n").getBytes(StandardCharsets.UTF_8);
            if (line.length > MAX_LINE_BYTES) {
                throw new IllegalArgumentException("a line of " + line.length + " bytes is too long for a ledger");
            }
            file.write(line);
            if (forGood) {
                file.getFD().sync();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All records of a file; none when it does not exist. */
    static <T> List<T> read(Path path, Class<T> type) {
        if (!Files.exists(path)) {
            return List.of();
        }
        try (var lines = Files.lines(path)) {
            return lines.map(line -> parse(line, type)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T parse(String line, Class<T> type) {
        try {
            return MAPPER.readValue(line, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not a line of this ledger: " + line, e);
        }
    }

    /** Microseconds since the epoch, as precise as Postgres. */
    static long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
