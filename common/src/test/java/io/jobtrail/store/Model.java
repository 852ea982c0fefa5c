package io.jobtrail.store;

import io.jobtrail.store.ModelOperation.Kind;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What the jobs of a sequence should look like: the rules of {@code sql/R__2_transitions.sql} once more, one job and one
 * operation at a time. Knows no database, no locks and no time.
 */
record Model(Map<Integer, Job> jobs) {
    static final Model EMPTY = new Model(Map.of());

    /** The answer of an operation that changed nothing. */
    static final String NO = "no";

    /** The answer to a heartbeat that found the row locked. */
    static final String BUSY = "busy";

    /** The answer to a question that was asked, and answered, before. */
    static final String REFUSED = "refused";

    /** The columns that count, by their names in the database. */
    record Job(Map<String, Object> columns) {
        Job with(Object... namesAndValues) {
            var changed = new TreeMap<>(columns);
            for (int i = 0; i < namesAndValues.length; i += 2) {
                changed.put((String) namesAndValues[i], namesAndValues[i + 1]);
            }
            return new Job(changed);
        }

        /** A transition: everybody makes it count. */
        Job becomes(String status, Object... namesAndValues) {
            return with("status", status, "version", version() + 1).with(namesAndValues);
        }

        String status() {
            return (String) columns.get("status");
        }

        boolean is(String... states) {
            return Set.of(states).contains(status());
        }

        int version() {
            return number("version");
        }

        int number(String column) {
            return (Integer) columns.get(column);
        }

        boolean flag(String column) {
            return (Boolean) columns.get(column);
        }

        /** Name = answer, or ? while there is none. */
        @SuppressWarnings("unchecked") // put there by this class
        TreeMap<String, String> prompts() {
            return new TreeMap<>((Map<String, String>) columns.get("prompts"));
        }

        /** Without what is as in a new job. */
        @Override
        public String toString() {
            var shown = new TreeMap<>(columns);
            shown.values()
                    .removeIf(
                            value -> value == null || Set.of(0, false, Map.of()).contains(value));
            return shown.toString();
        }

        private Job withPrompt(String name, String answer) {
            var all = prompts();
            all.put(name, answer);
            return with("prompts", all);
        }

        private Job withoutOpenPrompt() {
            var all = prompts();
            all.values().remove("?");
            return with("prompts", all);
        }

        private boolean claimable() {
            return is("queued", "retrying") && flag("due");
        }

        private Job claimed() {
            return becomes("running", "attempt", number("attempt") + 1, "stage", null);
        }

        private Job lost() {
            var poison = number("workers_lost") >= 2;
            var last = number("attempt") >= number("max_attempts");
            var next = flag("cancel_requested") ? "cancelled" : poison || last ? "failed" : "retrying";
            return becomes(
                            next,
                            "error_code",
                            poison ? "POISON_JOB" : "HEARTBEAT_TIMEOUT",
                            "workers_lost",
                            number("workers_lost") + 1)
                    .with("due", !next.equals("retrying"));
        }
    }

    /** The jobs after an operation, and what its caller was told. */
    record Next(Model jobs, String answer) {}

    /**
     * @param before the model at the beginning of the step, from which a worker knows the version it writes with
     * @param locked jobs held by the other operation of the step; only those that skip what is locked leave them out
     */
    Next apply(ModelOperation operation, Model before, Set<Integer> locked) {
        return switch (operation.kind()) {
            case NOTHING -> new Next(this, NO);
            case ENQUEUE -> enqueue(operation);
            case CLAIM_WHATEVER_IS_DUE -> each(locked, Job::claimable, Job::claimed, Model::claim);
            case RELEASE_ALL -> each(locked, job -> job.is("running"), Job::lost, Job::status);
            default -> {
                var job = jobs.get(operation.job());
                if (job == null) {
                    yield new Next(this, NO);
                }
                var held = job.is("running") && job.version() == version(operation, before);
                if (held && asksAgain(operation, job)) {
                    yield new Next(this, REFUSED);
                }
                if (locked.contains(operation.job())) {
                    yield new Next(this, held ? BUSY : NO);
                }
                var after = one(operation, job, held);
                yield after == null
                        ? new Next(this, NO)
                        : new Next(with(operation.job(), after), answer(operation, after));
            }
        };
    }

    static int version(ModelOperation operation, Model before) {
        var job = before.jobs.get(operation.job());
        return job == null ? 1 : job.version() - operation.back();
    }

    /** The job after the operation; null when the operation changes nothing. */
    private static Job one(ModelOperation operation, Job job, boolean held) {
        var stop = job.flag("cancel_requested");
        var mark = String.valueOf(operation.mark());
        return switch (operation.kind()) {
            case CLAIM -> job.claimable() ? job.claimed() : null;
            case BEAT -> held ? job.with("stage", mark) : null;
            case COMPLETE -> held ? job.becomes("finished", "result", mark, "error_code", null) : null;
            case FAIL -> held ? failed(job, operation) : null;
            case GIVE_BACK ->
                held
                        ? job.becomes(
                                stop ? "cancelled" : "queued", "attempt", job.number("attempt") - 1, "stage", null)
                        : null;
            case FINISH_CANCELLED -> held && stop ? job.becomes("cancelled") : null;
            case ASK ->
                !held
                        ? null
                        : stop
                                ? job.becomes("cancelled")
                                : job.becomes("awaiting_input", "attempt", job.number("attempt") - 1)
                                        .withPrompt(operation.question(), "?");
            case ANSWER -> answered(job, operation);
            case CANCEL ->
                job.is("running")
                        ? job.with("cancel_requested", true)
                        : job.is("queued", "retrying", "awaiting_input")
                                ? job.becomes("cancelled").withoutOpenPrompt()
                                : null;
            case RETRY ->
                job.is("failed", "cancelled")
                        ? job.becomes("queued", "max_attempts", job.number("attempt") + 5, "workers_lost", 0)
                                .with("error_code", null, "stage", null, "cancel_requested", false, "due", true)
                        : null;
            case HOUR_PASSES -> job.is("retrying") ? job.with("due", true) : null;
            default -> throw new IllegalArgumentException(operation.toString());
        };
    }

    private static Job failed(Job job, ModelOperation operation) {
        var last = operation.other() || job.number("attempt") >= job.number("max_attempts");
        var next = job.flag("cancel_requested") ? "cancelled" : last ? "failed" : "retrying";
        return job.becomes(next, "error_code", "E" + operation.mark(), "due", !next.equals("retrying"));
    }

    private static Job answered(Job job, ModelOperation operation) {
        return job.prompts().entrySet().stream()
                .filter(prompt -> prompt.getValue().equals("?"))
                .map(Map.Entry::getKey)
                .filter(open -> !operation.other() || open.equals(operation.question()))
                .map(open ->
                        job.withPrompt(open, String.valueOf(operation.mark())).becomes("queued", "due", true))
                .findFirst()
                .orElse(null);
    }

    /** A question that was answered keeps its answer; a job that should be cancelled asks nothing. */
    private static boolean asksAgain(ModelOperation operation, Job job) {
        return operation.kind() == Kind.ASK
                && !job.flag("cancel_requested")
                && job.prompts().containsKey(operation.question());
    }

    private Next enqueue(ModelOperation operation) {
        var keyed = operation.job() < 2;
        var fingerprint = keyed ? operation.other() ? "b" : "a" : null;
        var other = keyed ? 1 - operation.job() : operation.job();
        var number = jobs.containsKey(other) ? other : operation.job();
        var existing = jobs.get(number);
        if (existing != null) {
            var same = Objects.equals(existing.columns().get("fingerprint"), fingerprint);
            return new Next(this, accepted(number, existing.status(), true, same));
        }
        var job = new Job(Map.of())
                .with("status", "queued", "version", 1, "attempt", 0, "workers_lost", 0)
                .with("max_attempts", ModelOperation.MAX_ATTEMPTS.get(number), "fingerprint", fingerprint)
                .with("cancel_requested", false, "due", true, "prompts", Map.of())
                .with("result", null, "error_code", null, "stage", null);
        return new Next(with(number, job), accepted(number, "queued", false, true));
    }

    private Next each(
            Set<Integer> locked, Predicate<Job> matches, Function<Job, Job> change, Function<Job, String> told) {
        var all = new TreeMap<>(jobs);
        var answers = new TreeMap<Integer, String>();
        jobs.forEach((number, job) -> {
            if (matches.test(job) && !locked.contains(number)) {
                var after = change.apply(job);
                all.put(number, after);
                answers.put(number, told.apply(after));
            }
        });
        return new Next(new Model(all), answers.toString());
    }

    private Model with(int number, Job job) {
        var all = new TreeMap<>(jobs);
        all.put(number, job);
        return new Model(all);
    }

    private static String answer(ModelOperation operation, Job after) {
        return switch (operation.kind()) {
            case CLAIM -> claim(after);
            case BEAT -> after.flag("cancel_requested") ? "stop" : "go on";
            case FAIL, GIVE_BACK -> after.status();
            default -> "yes";
        };
    }

    private static String claim(Job job) {
        return claim(job.version(), job.number("attempt"));
    }

    static String claim(int version, int attempt) {
        return "version %d attempt %d".formatted(version, attempt);
    }

    static String accepted(int number, String status, boolean existed, boolean same) {
        return "job %d %s%s%s".formatted(number, status, existed ? " existed" : "", same ? "" : " other content");
    }

    @Override
    public String toString() {
        return jobs.toString();
    }
}
