package io.jobtrail.bench.fuzz;

import io.jobtrail.config.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** One run from an empty system to what is wrong with it. */
public final class FuzzRun {
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final Path checkout;
    private final Path directory;
    private final PrintStream out;

    /** @param directory of this run: logs, data, and requests that broke a rule */
    public FuzzRun(Path checkout, Path directory, PrintStream out) {
        this.checkout = checkout;
        this.directory = directory;
        this.out = out;
    }

    /**
     * What came of it.
     *
     * @param requests that were sent
     * @param table answers by operation and status
     * @param violations in words; empty when all rules held
     */
    public record Outcome(long requests, String table, String violations) {
        public boolean isSound() {
            return violations.isEmpty();
        }
    }

    /** @param threads that send at once; the requests of each are told by the seed and its number */
    public Outcome run(long seed, Duration time, int threads) throws InterruptedException, SQLException {
        try (var system = new FuzzedSystem(checkout, directory)) {
            system.start();
            var scene = new Scene(system);
            var document = document(system);
            say("seed %d: %d operations, %d threads, %d s, all of it in %s"
                    .formatted(seed, document.operations().size(), threads, time.toSeconds(), directory));
            var tally = new Tally();
            var accepted = new Accepted();
            var findings = new Findings(directory.resolve("violations"));
            var judge = scene.judge();
            long start = System.nanoTime();
            long deadline = start + time.toNanos();
            var pool = Executors.newFixedThreadPool(threads);
            List<Future<?>> senders = IntStream.range(0, threads)
                    .<Future<?>>mapToObj(number -> pool.submit(() -> {
                        try (var sender =
                                new Sender(document, scene.standIns(), system.port(), seed * 1_000 + number)) {
                            sender.run(deadline, exchange -> {
                                tally.count(exchange);
                                accepted.note(exchange);
                                judge.judge(exchange)
                                        .forEach(violation ->
                                                findings.add(violation, exchange.operation(), sender.made()));
                            });
                        }
                    }))
                    .toList();
            pool.shutdown();
            double warm = watch(system, scene, tally, start, deadline);
            senders.forEach(FuzzRun::join);
            say("nothing more is sent; " + tally.requests() + " requests, "
                    + accepted.jobs().size() + " jobs accepted");
            new Aftermath(system, findings).examine(scene.jobs(), accepted, warm);
            return new Outcome(tally.requests(), tally.toString(), findings.toString());
        }
    }

    /** @return resident memory once a third of the time was over */
    private double watch(FuzzedSystem system, Scene scene, Tally tally, long start, long deadline)
            throws InterruptedException {
        double warm = Double.NaN;
        for (long now; (now = System.nanoTime()) < deadline; ) {
            Thread.sleep(Math.min(Math.max(deadline - now, 1_000_000), LOOK.toNanos() / 10) / 1_000_000);
            scene.renew();
            if (Double.isNaN(warm) && now - start > (deadline - start) / 3) {
                warm = system.residentMegabytes();
            }
            if ((now - start) / LOOK.toNanos() != (System.nanoTime() - start) / LOOK.toNanos()) {
                say("%d requests %s, %.0f MB"
                        .formatted(tally.requests(), tally.byStatus(), system.residentMegabytes()));
            }
        }
        return warm;
    }

    /** Sends what a run has kept to a new system, and tells what is wrong with the answer. */
    public Outcome replay(Path request) throws IOException {
        try (var system = new FuzzedSystem(checkout, directory)) {
            system.start();
            var scene = new Scene(system);
            var findings = new Findings(directory.resolve("violations"));
            var tally = new Tally();
            try (var sender = new Sender(document(system), scene.standIns(), system.port(), 0)) {
                var exchange = sender.again(request.getFileName().toString(), Files.readAllBytes(request));
                exchange.replies()
                        .forEach(reply -> out.printf("%d %s%n%s%n", reply.status(), reply.headers(), reply.text()));
                tally.count(exchange);
                scene.judge()
                        .judge(exchange)
                        .forEach(violation -> findings.add(violation, exchange.operation(), sender.made()));
            }
            return new Outcome(1, tally.toString(), findings.toString());
        }
    }

    private static ApiDocument document(FuzzedSystem system) {
        var text = system.send("GET", "/openapi.json", null, "").body();
        try {
            return new ApiDocument(Json.MAPPER.readTree(text.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new IllegalStateException("the API does not describe itself", e);
        }
    }

    private static void join(Future<?> sender) {
        try {
            sender.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while requests were sent", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a sender failed", e.getCause());
        }
    }

    private void say(String line) {
        out.printf("%tT %s%n", LocalTime.now(), line);
    }
}
