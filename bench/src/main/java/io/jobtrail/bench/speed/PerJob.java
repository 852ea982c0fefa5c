package io.jobtrail.bench.speed;

/** What the servers did for one job. */
final class PerJob {
    private PerJob() {}

    static void add(Workload.Sink sink, String workload, Servers.Work work, long jobs) {
        sink.add(workload, "redis_commands_per_job", (double) work.redisCommands() / jobs, "commands");
        sink.add(workload, "wal_bytes_per_job", (double) work.walBytes() / jobs, "bytes");
        sink.add(workload, "commits_per_job", (double) work.commits() / jobs, "commits");
    }
}
