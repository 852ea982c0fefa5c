package io.jobtrail.process;

import io.jobtrail.handler.Answer;
import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.Prompt;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Hands a handler one document and remembers what it reports. */
final class RecordingContext implements JobContext {
    /** What {@link #checkCancelled} throws once the job is cancelled. */
    static final class Cancelled extends RuntimeException {}

    /** What {@link #ask} throws while there is no answer. */
    static final class Parked extends RuntimeException {}

    private final Document document;
    private final List<String> stages = new ArrayList<>();
    private final List<Double> progress = new ArrayList<>();
    private final List<Chunk> chunks = new ArrayList<>();
    private Prompt asked;
    private Answer answer;
    private boolean chunksAreKept;
    private volatile boolean cancelled;
    private volatile Duration timeLeft = Duration.ofHours(1);
    private volatile String stage = "";

    private RecordingContext(Document document) {
        this.document = document;
    }

    static RecordingContext with(String text) {
        return with(text.getBytes(StandardCharsets.UTF_8));
    }

    static RecordingContext with(byte[] bytes) {
        return new RecordingContext(new Bytes(bytes));
    }

    static RecordingContext with(Path file) {
        return new RecordingContext(new OnDisk(file));
    }

    void cancel() {
        cancelled = true;
    }

    RecordingContext withTimeLeft(Duration time) {
        timeLeft = time;
        return this;
    }

    @Override
    public Duration timeLeft() {
        return timeLeft;
    }

    @Override
    public void stage(String name) {
        stage = name;
        if (stages.isEmpty() || !stages.get(stages.size() - 1).equals(name)) {
            stages.add(name);
        }
    }

    @Override
    public void progress(double done) {
        progress.add(done);
    }

    @Override
    public void checkCancelled() {
        if (cancelled) {
            throw new Cancelled();
        }
    }

    @Override
    public Document document() {
        return document;
    }

    @Override
    public void addChunks(List<Chunk> more) {
        chunks.addAll(more);
    }

    @Override
    public Answer ask(Prompt prompt) {
        asked = prompt;
        return answer(prompt.name()).orElseThrow(Parked::new);
    }

    @Override
    public Optional<Answer> answer(String name) {
        return Optional.ofNullable(answer);
    }

    @Override
    public boolean keepChunks(String name, int count) {
        return chunksAreKept;
    }

    /** What was asked last. */
    Prompt asked() {
        return asked;
    }

    RecordingContext withAnswer(Answer given) {
        answer = given;
        return this;
    }

    RecordingContext keepingChunks() {
        chunksAreKept = true;
        return this;
    }

    String currentStage() {
        return stage;
    }

    List<String> stages() {
        return stages;
    }

    List<Double> progress() {
        return progress;
    }

    List<Chunk> chunks() {
        return chunks;
    }

    /** The text of all chunks, a line break between them. */
    String text() {
        return chunks.stream().map(Chunk::text).collect(Collectors.joining("\n"));
    }

    private record Bytes(byte[] bytes) implements Document {
        @Override
        public String name() {
            return "misleading.exe";
        }

        @Override
        public String contentType() {
            return "image/png";
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public String sha256() {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(bytes);
        }
    }

    private record OnDisk(Path file) implements Document {
        @Override
        public String name() {
            return file.getFileName().toString();
        }

        @Override
        public String contentType() {
            return "application/octet-stream";
        }

        @Override
        public long size() {
            try {
                return Files.size(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String sha256() {
            return "0".repeat(64);
        }

        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(file);
        }
    }
}
