package io.jobtrail.bench.speed;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Program;
import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestant;
import io.jobtrail.bench.speed.peer.Produce;
import io.jobtrail.bench.speed.tally.Tally;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The processes of one contestant during one measurement. Whatever ends on its own ends the measurement with it. */
final class Bout implements AutoCloseable {
    static final String HEAP = "-Xmx512m";

    private static final String PRODUCER_HEAP = "-Xmx256m";
    private static final Duration TO_START = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(20);

    private final Arena arena;
    private final Contestant contestant;
    private final Backends backends;
    private final Tally handled;
    private final List<Program> running = new ArrayList<>();

    /** @param backends fresh ones */
    Bout(Arena arena, Contestant contestant, Backends backends) {
        this.arena = arena;
        this.contestant = contestant;
        this.backends = backends;
        handled = backends.handled();
    }

    Program startWorker(int threads) {
        return start(
                "worker",
                contestant.workerEnvironment(backends),
                HEAP,
                contestant.workerProgram(arena.checkout(), threads));
    }

    /** As fast as it can, but no more jobs ahead of the handlers. */
    Program startProducer(int threads, int backlog) {
        return startProducer(threads, 0.0, backlog);
    }

    /** @param rate jobs per second, whatever becomes of them */
    Program startProducer(double rate) {
        return startProducer(Produce.THREADS, rate, 0);
    }

    private Program startProducer(int threads, double rate, int backlog) {
        return start(
                "producer",
                Map.of(),
                PRODUCER_HEAP,
                List.of(
                        "-cp",
                        arena.checkout().jar("bench").toString(),
                        Produce.class.getName(),
                        contestant.name(),
                        Integer.toString(threads),
                        Double.toString(rate),
                        Integer.toString(backlog)));
    }

    /**
     * @param more environment beside that of the backends
     * @param program without Java
     */
    Program start(String name, Map<String, String> more, String heap, List<String> program) {
        var environment = new HashMap<>(backends.environment());
        environment.putAll(more);
        var flags = "@" + arena.checkout().directory().resolve("docker/java.options");
        var command = Stream.concat(Stream.of(Checkout.java(), flags, heap), program.stream())
                .toList();
        var started = arena.parts().add(Program.start(name, log(name), environment, command));
        running.add(started);
        return started;
    }

    private Path log(String name) {
        return arena.logs().resolve(contestant.name() + "-" + name + ".log");
    }

    Tally handled() {
        return handled;
    }

    Backends backends() {
        return backends;
    }

    /** Until the first job has been handled, beginning with so many already. */
    void awaitStart(long alreadyHandled) throws InterruptedException {
        awaitHandled(alreadyHandled + 1, TO_START);
    }

    void awaitHandled(long count, Duration within) throws InterruptedException {
        var deadline = System.nanoTime() + within.toNanos();
        while (handled.count() < count) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("%s has handled %d of %d jobs after %d s"
                        .formatted(contestant.name(), handled.count(), count, within.toSeconds()));
            }
            pause(LOOK);
        }
    }

    /** Lets them work. */
    void pause(Duration time) throws InterruptedException {
        var end = System.nanoTime() + time.toNanos();
        for (long left; (left = end - System.nanoTime()) > 0; ) {
            Thread.sleep(Math.min(200, left / 1_000_000 + 1));
            running.forEach(Program::requireAlive);
        }
    }

    /** Ends it in good order. */
    void stop(Program program) {
        running.remove(program);
        arena.parts().end(program);
    }

    /** Ends all, and checks that each job was handled once and, where records are kept, is recorded as done. */
    void finish(long jobs) throws Exception {
        awaitHandled(jobs, TO_START);
        List.copyOf(running).forEach(this::stop);
        if (handled.count() != jobs) {
            throw new IllegalStateException(
                    "%s has handled %d jobs, and there were %d".formatted(contestant.name(), handled.count(), jobs));
        }
        contestant.verify(backends, jobs);
    }

    @Override
    public void close() {
        List.copyOf(running).forEach(this::stop);
    }
}
