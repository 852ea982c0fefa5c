package io.jobtrail.bench.speed;

import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestant;
import io.jobtrail.bench.speed.peer.Contestants;
import io.jobtrail.bench.speed.tally.Tally;
import java.time.Duration;
import java.util.List;

/**
 * How fast a full queue gets empty. The first tenth of the jobs is not counted: in it the worker's JVM gets warm. The clock stops
 * at the last call of the handler.
 */
final class Drain implements Workload {
    private static final String NAME = "drain";
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Arena arena;

    Drain(Arena arena) {
        this.arena = arena;
    }

    @Override
    public List<String> names() {
        return List.of(NAME);
    }

    @Override
    public List<String> entrants(boolean flushMatters) {
        return arena.contestants(flushMatters);
    }

    /**
     * @param perSecond after the first tenth
     * @param seconds from the start of the worker's process to the last call
     */
    record Result(int jobs, double perSecond, double seconds, Servers.Work work) {}

    @Override
    public void measure(String entrant, Windows windows, Sink sink) throws Exception {
        var contestant = Contestants.named(entrant);
        var best = drain(contestant, windows.drainJobs(), 1, Backends.THREADS);
        if (!contestant.hasQueue()) { // plain loops may do better with fewer connections
            var fewer = drain(contestant, windows.drainJobs() / 2, 1, Backends.THREADS / 2);
            best = fewer.perSecond > best.perSecond ? fewer : best;
        }
        sink.add(NAME, "completed_per_s", best.perSecond, "jobs/s");
        sink.add(NAME, "whole_per_s", best.jobs / best.seconds, "jobs/s");
        PerJob.add(sink, NAME, best.work, best.jobs);
    }

    /** @param threads of each process */
    Result drain(Contestant contestant, int jobs, int processes, int threads) throws Exception {
        var backends = arena.servers().fresh(contestant);
        contestant.preload(backends, jobs);
        arena.servers().settle();
        var before = arena.servers().work(backends);
        var started = Tally.now();
        try (var bout = new Bout(arena, contestant, backends)) {
            for (int i = 0; i < processes; i++) {
                bout.startWorker(threads);
            }
            bout.awaitHandled(jobs, LIMIT);
            bout.finish(jobs);
            var times = bout.handled().entries().stream()
                    .mapToLong(Tally.Entry::second)
                    .sorted()
                    .toArray();
            int warm = jobs / 10;
            return new Result(
                    jobs,
                    (jobs - warm) * 1e6 / (times[jobs - 1] - times[warm - 1]),
                    (times[jobs - 1] - started) / 1e6,
                    arena.servers().work(backends).since(before));
        }
    }
}
