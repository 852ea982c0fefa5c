package io.jobtrail.bench.speed;

import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestants;
import io.jobtrail.bench.speed.peer.Produce;
import io.jobtrail.bench.speed.tally.Tally;
import java.util.List;
import java.util.function.ToLongFunction;

/** Producing and working at the same time, in two processes, each as fast as it can. A producer waits for the answer to each job. */
final class Mix implements Workload {
    private final Arena arena;
    private final String name;
    private final int producers;

    private Mix(Arena arena, String name, int producers) {
        this.arena = arena;
        this.name = name;
        this.producers = producers;
    }

    static Mix usual(Arena arena) {
        return new Mix(arena, "mix", Produce.THREADS);
    }

    /** So many that the time which each of them waits for the disk no longer limits them. */
    static Mix ofManyProducers(Arena arena) {
        return new Mix(arena, "producers-32", 32);
    }

    @Override
    public List<String> names() {
        return List.of(name);
    }

    @Override
    public List<String> entrants(boolean flushMatters) {
        return arena.contestants(flushMatters).stream()
                .filter(contestant -> producers == Produce.THREADS
                        || List.of("jobtrail", "db-scheduler").contains(contestant))
                .toList();
    }

    @Override
    public void measure(String entrant, Windows windows, Sink sink) throws Exception {
        var contestant = Contestants.named(entrant);
        var backends = arena.servers().fresh(contestant);
        var produced = backends.produced();
        arena.servers().settle();
        try (var bout = new Bout(arena, contestant, backends)) {
            bout.startWorker(Backends.THREADS);
            var producer = bout.startProducer(producers, windows.backlog());
            bout.awaitStart(0);
            bout.pause(windows.warmUp());
            var before = arena.servers().work(backends);
            long from = Tally.now();
            bout.pause(windows.mix());
            long to = Tally.now();
            var work = arena.servers().work(backends).since(before);
            bout.stop(producer);
            bout.finish(produced.count());

            long completed = within(bout.handled(), Tally.Entry::second, from, to);
            double seconds = (to - from) / 1e6;
            sink.add(name, "completed_per_s", completed / seconds, "jobs/s");
            sink.add(name, "produced_per_s", within(produced, Tally.Entry::second, from, to) / seconds, "jobs/s");
            PerJob.add(sink, name, work, completed);
        }
    }

    private static long within(Tally tally, ToLongFunction<Tally.Entry> time, long from, long to) {
        return tally.entries().stream()
                .mapToLong(time)
                .filter(at -> at >= from && at < to)
                .count();
    }
}
