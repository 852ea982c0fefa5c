package io.jobtrail.bench.speed;

import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestants;
import io.jobtrail.bench.speed.peer.Jobtrail;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The sample documents through the whole of {@code process_document}, by a worker as it is when nothing is set. */
final class Documents implements Workload {
    private static final String NAME = "documents";
    private static final String JOBTRAIL = "jobtrail";
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration LOOK = Duration.ofMillis(20);

    private final Arena arena;

    Documents(Arena arena) {
        this.arena = arena;
    }

    @Override
    public List<String> names() {
        return List.of(NAME);
    }

    @Override
    public List<String> entrants(boolean flushMatters) {
        return List.of(JOBTRAIL);
    }

    @Override
    public void measure(String entrant, Windows windows, Sink sink) throws Exception {
        var contestant = Contestants.named(JOBTRAIL);
        var backends = arena.servers().fresh(contestant);
        var samples = samples();
        try (var bout = new Bout(arena, contestant, backends)) {
            bout.start(
                    "document-worker",
                    Map.of(),
                    Bout.HEAP,
                    List.of("-jar", arena.checkout().jar("worker").toString()));
            process(bout, samples, 1); // warms up
            long start = System.nanoTime();
            process(bout, samples, windows.documentRounds());
            double minutes = (System.nanoTime() - start) / 60e9;
            sink.add(NAME, "documents_per_min", samples.size() * windows.documentRounds() / minutes, "documents/min");
        }
    }

    private List<Path> samples() throws IOException {
        try (var files = Files.list(arena.checkout().directory().resolve("samples"))) {
            return files.filter(file -> !file.endsWith("README.md")).sorted().toList();
        }
    }

    /** Returns when all are finished. */
    private static void process(Bout bout, List<Path> samples, int rounds) throws Exception {
        var backends = bout.backends();
        try (var database = new Database(backends.database(), "api", 0, 2);
                var redis = new Redis(backends.redisUrl(), 2, Duration.ZERO)) {
            var documents = new DocumentStore(database);
            var store = new JobStore(database);
            var dispatcher = new Dispatcher(new JobQueue(redis));
            for (int i = 0; i < rounds; i++) {
                for (var sample : samples) {
                    var job = Jobtrail.documentJob(store(documents, sample));
                    store.enqueue(job);
                    dispatcher.push(job.queue(), job.handler(), job.id());
                }
            }
        }
        awaitEnd(bout, backends);
    }

    private static DocumentStore.StoredDocument store(DocumentStore documents, Path sample) throws IOException {
        var type = Files.probeContentType(sample);
        try (var bytes = Files.newInputStream(sample)) {
            return documents.put(
                    sample.getFileName().toString(), type == null ? "application/octet-stream" : type, bytes);
        }
    }

    private static void awaitEnd(Bout bout, Backends backends) throws SQLException, InterruptedException {
        var deadline = System.nanoTime() + LIMIT.toNanos();
        try (var connection = backends.connect();
                var question = connection.prepareStatement("""
                        SELECT count(*) FILTER (WHERE status IN ('queued', 'running')),
                               string_agg(payload->>'filename' || ' is ' || status, ', ')
                                   FILTER (WHERE status NOT IN ('queued', 'running', 'finished'))
                        FROM pipeline_jobs""")) {
            while (System.nanoTime() < deadline) {
                try (var row = question.executeQuery()) {
                    row.next();
                    if (row.getString(2) != null) {
                        throw new IllegalStateException(row.getString(2));
                    }
                    if (row.getLong(1) == 0) {
                        return;
                    }
                }
                bout.pause(LOOK);
            }
            throw new IllegalStateException("not all documents are finished after " + LIMIT.toMinutes() + " minutes");
        }
    }
}
