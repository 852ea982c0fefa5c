package io.jobtrail.bench.speed;

import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestants;
import java.util.List;

/** The drain with more than one worker process, each with as many threads as the one of the other workloads. */
final class WorkerProcesses implements Workload {
    private static final List<Integer> COUNTS = List.of(1, 2, 4);

    private final Drain drain;

    WorkerProcesses(Arena arena) {
        drain = new Drain(arena);
    }

    private static String name(int processes) {
        return "workers-" + processes;
    }

    @Override
    public List<String> names() {
        return COUNTS.stream().map(WorkerProcesses::name).toList();
    }

    @Override
    public List<String> entrants(boolean flushMatters) {
        return flushMatters ? List.of() : List.of("jobtrail");
    }

    @Override
    public void measure(String entrant, Windows windows, Sink sink) throws Exception {
        for (int processes : COUNTS) {
            var result = drain.drain(Contestants.named(entrant), windows.drainJobs(), processes, Backends.THREADS);
            sink.add(name(processes), "completed_per_s", result.perSecond(), "jobs/s");
            PerJob.add(sink, name(processes), result.work(), result.jobs());
        }
    }
}
