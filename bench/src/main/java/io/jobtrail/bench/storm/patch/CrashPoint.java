package io.jobtrail.bench.storm.patch;

import java.nio.file.Path;
import java.util.List;

/** The places at which a process is ended as by SIGKILL, in the order in which a job passes them. */
public enum CrashPoint {
    /** The row is inserted, its transaction is open. */
    BEFORE_COMMIT(
            Program.API,
            new Patch(
                    Sources.SHARED_STATEMENTS,
                    "return told(database.list(ENQUEUE, ACCEPTED, jsonArray(jobs), wait));",
                    "return database.inTransaction(connection -> { Database.list(connection, ENQUEUE, ACCEPTED, jsonArray(jobs), wait); "
                            + Sources.HALT + "return null; });")),
    /** The job is accepted, Redis does not know it. */
    AFTER_COMMIT(Program.API, before(Sources.INTAKE, "boolean due = job.runAfter() == null")),
    /** Redis knows it, the client does not. */
    AFTER_PUSH(Program.API, before(Sources.INTAKE, "if (!accepted.sameContent()) {")),
    /** The id is out of Redis, and nobody holds the job. */
    AFTER_POP(Program.WORKER, before(Sources.QUEUE_WORKER, "handle(popped.get(0), popped.get(1));")),
    AFTER_CLAIM(
            Program.WORKER,
            before(Sources.JOB_RUNNER, "var context = new LiveContext(claim, documents, chunks, questions);")),
    /** The handler names its stage: it has begun, and has not ended. */
    IN_HANDLER(Program.WORKER, before(Sources.LIVE_CONTEXT, "stage = Json.clean(")),
    /** The handler has returned its result. */
    BEFORE_RECORDING(Program.WORKER, before(Sources.JOB_RUNNER, "var state = Failsafe.with(untilLeaseEnds)")),
    /** The result is committed. */
    AFTER_RECORDING(Program.WORKER, before(Sources.JOB_RUNNER, "state.ifPresentOrElse("));

    /** As after SIGKILL. */
    public static final int EXIT_CODE = 137;

    private final Program program;
    private final List<Patch> patches;

    CrashPoint(Program program, Patch... patches) {
        this.program = program;
        this.patches = List.of(patches);
    }

    /** The program that ends there. */
    public Program program() {
        return program;
    }

    /** Makes the classes that end the program at this point, against the packaged jars. */
    public void compile(Path checkout, Path directory) {
        compile(checkout, Program.classPathOfAll(checkout), directory);
    }

    void compile(Path checkout, String classPath, Path directory) {
        PatchedClasses.compile(checkout, classPath, patches, directory);
    }

    private static Patch before(String source, String statement) {
        return new Patch(source, statement, Sources.HALT + statement);
    }
}
