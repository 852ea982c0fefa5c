package io.jobtrail.bench.storm.patch;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Jobtrail with one of its protections taken away. A storm over it must be found unsound, or the storm proves nothing about the
 * protection. Where chance would decide, a wait makes the window wide; with the protection in place the wait does no harm.
 */
public enum Sabotage {
    /** The zombie goes on trying to write for 30 s, and a second attempt lasts a second longer, so that they meet. */
    NO_FENCE(
            "who was given up for dead writes over the attempt that replaced it",
            Set.of(Provocation.WORKER_STOP),
            new Patch(
                    Sources.TRANSITIONS, "j.status = 'running' AND j.version = w.version\n", "j.status = 'running'\n"),
            withoutFence("AS o(id, version, code, error, permanent, retry_in)"),
            withoutFence("SELECT j.id FROM unnest(p_ids, p_versions) AS o(id, version)"),
            new Patch(
                    Sources.TRANSITIONS,
                    " AND j.version = h.version\n        ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED",
                    "\n        ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED"),
            new Patch(
                    Sources.TRANSITIONS, " AND j.version = h.version\n    LEFT JOIN beaten", "\n    LEFT JOIN beaten"),
            new Patch(
                    Sources.OUTCOME,
                    "return store.complete(claim, result) ? Optional.of(JobState.FINISHED) : Optional.empty();",
                    "for (int i = 0; i < 150; i++) { if (store.complete(claim, result)) return Optional.of(JobState.FINISHED); "
                            + Sources.wait(200) + "} return Optional.empty();"),
            new Patch(
                    Sources.JOB_RUNNER,
                    "outcome = finished(handlers.get(job.handler()).handle(job, context));",
                    "if (job.attempt() > 1) { " + Sources.wait(1_000)
                            + "} outcome = finished(handlers.get(job.handler()).handle(job, context));")),

    NO_SWEEPER(
            "nothing takes a job from a dead worker, nothing pushes what is missing in Redis",
            Set.of(Provocation.WORKER_KILL, Provocation.REDIS_LOSS),
            new Patch(Sources.SWEEPER, "take(next);", "next.after(Duration.ofHours(1));")),

    /** The commit is late by two seconds, many times what an API needs to be hit in between. */
    PUSH_BEFORE_COMMIT(
            "the client hears 202, and Redis the id, before the job is committed",
            Set.of(Provocation.API_KILL),
            new Patch(Sources.INTAKE, "NewJob.Accepted accept(NewJob job) {", """
                    NewJob.Accepted accept(NewJob job) {
                            dispatcher.push(job.queue(), job.handler(), job.id());
                            new Thread(() -> { %s acceptAtLast(job); }).start();
                            return new NewJob.Accepted(
                                    job.id(), job.queue().wireName(), io.jobtrail.job.JobState.QUEUED, false, true);
                        }

                        private NewJob.Accepted acceptAtLast(NewJob job) {""".formatted(Sources.wait(2_000)))),

    /** The result is late by two seconds. Each job is recorded alone, not with the claim of the next one. */
    RECORD_IN_TWO_STEPS(
            "the state is committed first, the result in a transaction of its own",
            Set.of(Provocation.WORKER_KILL),
            new Patch(Sources.JOB_STORE, "public boolean complete(Claim claim, String result) {", """
                    public boolean complete(Claim claim, String result) {
                            if (!completeWith(claim, null)) return false;
                            %s
                            return database.update(
                                    "UPDATE pipeline_jobs SET result = ?::jsonb WHERE id = ?", result, claim.id()) > 0;
                        }

                        private boolean completeWith(Claim claim, String result) {""".formatted(
                            Sources.wait(2_000))),
            new Patch(
                    Sources.JOB_RUNNER,
                    "if (outcome instanceof Outcome.Finished finished) {",
                    "if (false && outcome instanceof Outcome.Finished finished) {")),

    JESQUE_LOOP(
            "Jesque's own loop over one connection, which never comes back once Redis was away",
            Set.of(Provocation.REDIS_LOSS),
            new Patch(Sources.WORKERS, "waiter.run();", """
                    var config = redis.call(jedis -> new net.greghaines.jesque.ConfigBuilder()
                            .withHost(jedis.getClient().getHost()).withPort(jedis.getClient().getPort()).build());
                    new net.greghaines.jesque.worker.WorkerImpl(
                            config,
                            queues.stream().map(QueueName::wireName).toList(),
                            job -> (Runnable) () -> outlastPostgres(() -> runner.run(
                                    java.util.UUID.fromString((String) job.getArgs()[0]), worker))).run();""")),

    NO_TRAIL(
            "transitions leave no events",
            Set.of(),
            "ALTER TABLE pipeline_jobs DISABLE TRIGGER pipeline_jobs_5_trail_update");

    /** What has to be done to the system for the missing protection to be missed. */
    public enum Provocation {
        /** SIGKILL. */
        WORKER_KILL,
        /** SIGSTOP for longer than the lease, then SIGCONT. */
        WORKER_STOP,
        API_KILL,
        /** Redis is killed and comes back empty. */
        REDIS_LOSS
    }

    private final String says;
    private final Set<Provocation> provocations;
    private final List<Patch> classes;
    private final List<Patch> transitions;
    private final List<String> statements;

    Sabotage(String says, Set<Provocation> provocations, Patch... patches) {
        this.says = says;
        this.provocations = provocations;
        this.classes = Arrays.stream(patches).filter(patch -> !isSql(patch)).toList();
        this.transitions = Arrays.stream(patches).filter(Sabotage::isSql).toList();
        this.statements = List.of();
    }

    Sabotage(String says, Set<Provocation> provocations, String statement) {
        this.says = says;
        this.provocations = provocations;
        this.classes = List.of();
        this.transitions = List.of();
        this.statements = List.of(statement);
    }

    /** What goes wrong now. */
    public String says() {
        return says;
    }

    /** Empty: it is found without any. */
    public Set<Provocation> provocations() {
        return provocations;
    }

    /**
     * Makes the classes that go in front of the class path of every process, against the packaged jars; there may be none.
     *
     * @param directory gets them
     */
    public void compile(Path checkout, Path directory) {
        compile(checkout, Program.classPathOfAll(checkout), directory);
    }

    void compile(Path checkout, String classPath, Path directory) {
        if (!classes.isEmpty()) {
            PatchedClasses.compile(checkout, classPath, classes, directory);
        }
    }

    /**
     * Takes the protection out of a database that is migrated already.
     *
     * @param owner a connection of the user who migrated it
     */
    public void alter(Path checkout, Connection owner) throws SQLException {
        var scripts = new ArrayList<>(statements);
        if (!transitions.isEmpty()) {
            scripts.add(Patch.apply(checkout, Sources.TRANSITIONS, transitions));
        }
        try (var statement = owner.createStatement()) {
            for (var script : scripts) {
                statement.execute(script);
            }
        }
    }

    private static boolean isSql(Patch patch) {
        return patch.source().equals(Sources.TRANSITIONS);
    }

    private static Patch withoutFence(String header) {
        var join = "\n        JOIN pipeline_jobs j ON j.id = o.id AND j.status || '' = 'running'";
        return new Patch(Sources.TRANSITIONS, header + join + " AND j.version = o.version\n", header + join + "\n");
    }
}
