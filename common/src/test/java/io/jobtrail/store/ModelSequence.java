package io.jobtrail.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import io.jobtrail.job.Job;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.ModelOperation.Kind;
import io.jobtrail.store.ModelOperation.Step;
import io.jobtrail.testing.Together;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Runs steps against a real database and against the {@link Model}. Both operations of a step run at the same moment; what they
 * answer and what they leave must be what the model gives for one after the other, in one of the two orders. One sequence at a
 * time for each database: some operations take whatever jobs they find.
 */
final class ModelSequence {
    private static final List<String> HANDLERS = List.of("process_document");
    private static final String COLUMNS = """
            status, version, attempt, max_attempts, workers_lost, cancel_requested, run_after <= clock_timestamp() AS due,
            result::text, error_code, stage, fingerprint,
            (SELECT coalesce(jsonb_object_agg(p.name, coalesce(p.answer::text, '?')), '{}')
             FROM pipeline_job_prompts p WHERE p.job_id = j.id) AS prompts""";

    private static final TypeReference<TreeMap<String, String>> PROMPTS = new TypeReference<>() {};

    private final Database database;
    private final JobStore store;
    private final JobActions actions;
    private final Leases leases;
    private final Map<Integer, UUID> ids = ModelOperation.newIds();
    private final Database.SqlArray all = Database.array("uuid", List.copyOf(ids.values()));
    private final String key = "key of " + ids.get(0);

    private ModelSequence(Database database) {
        this.database = database;
        store = new JobStore(database);
        actions = new JobActions(database);
        leases = new Leases(database);
    }

    /** Empty when model and database agree; else what they disagree about. */
    static Optional<String> run(Database database, List<Step> steps) {
        var sequence = new ModelSequence(database);
        try {
            return sequence.run(steps);
        } finally {
            sequence.clearAway();
        }
    }

    private Optional<String> run(List<Step> steps) {
        var model = Model.EMPTY;
        for (var step : steps) {
            var before = model;
            var answers = Together.run(2, i -> perform(i == 0 ? step.first() : step.second(), before));
            var happened = new ModelOutcome(answers, look());
            if (!ModelOutcome.of(step, before).contains(happened)) {
                return Optional.of(happened.differs(step, before));
            }
            model = happened.jobs();
            keepRetryingJobsWaiting(step);
        }
        var unsound = database.list("""
                SELECT j.id, (SELECT string_agg(v.problem, '; ') FROM verify_trail(j.id) v) FROM pipeline_jobs j
                WHERE id = ANY (?) AND (EXISTS (SELECT FROM verify_trail(j.id))
                    OR version <> (SELECT count(*) FROM pipeline_job_events e WHERE e.job_id = j.id))""", row -> row.getString(1) + ": " + row.getString(2), all);
        return unsound.isEmpty() ? Optional.empty() : Optional.of("the trail is not sound: " + unsound);
    }

    /** What the caller is told, in the words of the model. */
    private String perform(ModelOperation operation, Model before) {
        try {
            var claim = claim(operation, before);
            var id = claim.id();
            var mark = String.valueOf(operation.mark());
            return switch (operation.kind()) {
                case ENQUEUE -> enqueue(operation);
                case CLAIM ->
                    store.claim(id, "w" + mark, HANDLERS)
                            .map(ModelSequence::told)
                            .orElse(Model.NO);
                case CLAIM_WHATEVER_IS_DUE ->
                    byNumber(store.claim(List.of(QueueName.DEFAULT), 100, "w" + mark, HANDLERS).stream()
                            .collect(Collectors.toMap(Claim::id, ModelSequence::told)));
                case BEAT -> {
                    var pulse = leases.updateHeartbeats(List.of(new Leases.Beat(id, claim.version(), mark, null)))
                            .get(id);
                    if (pulse == null || !pulse.renewed()) {
                        yield pulse == null ? Model.NO : Model.BUSY;
                    }
                    yield pulse.cancelRequested() ? "stop" : "go on";
                }
                case COMPLETE -> told(store.complete(claim, mark));
                case FAIL ->
                    store.fail(claim, "E" + mark, "e", operation.other(), Duration.ofHours(1))
                            .map(after -> after.status().wireName())
                            .orElse(Model.NO);
                case GIVE_BACK ->
                    store.giveBack(claim, "GIVEN_BACK")
                            .map(state -> state.wireName())
                            .orElse(Model.NO);
                case FINISH_CANCELLED -> told(store.finishCancelled(claim));
                case ASK -> told(store.askPerson(claim, operation.question(), "confirm", "{}"));
                case ANSWER ->
                    told(actions.answerPrompt(
                            id, operation.other() ? operation.question() : null, mark, null, "anna", null));
                case CANCEL -> told(actions.cancel(id, "anna", null));
                case RETRY -> told(actions.retry(id, "anna", null));
                case RELEASE_ALL ->
                    byNumber(leases.releaseStale(Duration.ZERO, 100, "sweeper").stream()
                            .collect(Collectors.toMap(
                                    Leases.Released::id,
                                    released -> released.status().wireName())));
                case HOUR_PASSES ->
                    told(database.update(
                                    "UPDATE pipeline_jobs SET run_after = clock_timestamp() WHERE id = ? AND status = 'retrying'",
                                    id)
                            == 1);
                case NOTHING -> Model.NO;
            };
        } catch (DatabaseFailure e) {
            var refused = operation.kind() == Kind.ASK && e.sqlState().equals("23505");
            return refused ? Model.REFUSED : e.getMessage().lines().findFirst().orElse("");
        }
    }

    private String enqueue(ModelOperation operation) {
        var keyed = operation.job() < 2;
        var accepted = store.enqueue(new NewJob(
                ids.get(operation.job()),
                QueueName.DEFAULT,
                "default",
                HANDLERS.get(0),
                Map.of(),
                null,
                null,
                ModelOperation.MAX_ATTEMPTS.get(operation.job()),
                null,
                null,
                keyed ? key : null,
                keyed ? operation.other() ? "b" : "a" : null,
                null,
                "test"));
        return Model.accepted(
                number(accepted.id()), accepted.status().wireName(), accepted.alreadyExisted(), accepted.sameContent());
    }

    private Claim claim(ModelOperation operation, Model before) {
        var id = ids.get(operation.job());
        var job = new Job(id, "default", "default", HANDLERS.get(0), 1, 1, Map.of());
        return new Claim(job, "w", Model.version(operation, before), null, Duration.ofHours(1), null);
    }

    private static String told(boolean happened) {
        return happened ? "yes" : Model.NO;
    }

    private static String told(Claim claim) {
        return Model.claim(claim.version(), claim.job().attempt());
    }

    private int number(UUID id) {
        return ids.entrySet().stream()
                .filter(entry -> entry.getValue().equals(id))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private String byNumber(Map<UUID, String> answers) {
        var byNumber = new TreeMap<Integer, String>();
        answers.forEach((id, answer) -> byNumber.put(number(id), answer));
        return byNumber.toString();
    }

    private Model look() {
        var jobs = new TreeMap<Integer, Model.Job>();
        database.list(
                "SELECT id, " + COLUMNS + " FROM pipeline_jobs j WHERE id = ANY (?)",
                row -> {
                    var columns = new TreeMap<String, Object>();
                    for (int i = 2; i <= row.getMetaData().getColumnCount(); i++) {
                        columns.put(row.getMetaData().getColumnLabel(i), row.getObject(i));
                    }
                    columns.put("prompts", Json.readStored(row.getString("prompts"), PROMPTS));
                    return jobs.put(number(row.getObject("id", UUID.class)), new Model.Job(columns));
                },
                all);
        return new Model(jobs);
    }

    /** The pause after a lost worker is two seconds; on a slow machine it would end while the model still waits for it. */
    private void keepRetryingJobsWaiting(Step step) {
        if (step.first().kind() == Kind.RELEASE_ALL || step.second().kind() == Kind.RELEASE_ALL) {
            database.update("""
                    UPDATE pipeline_jobs SET run_after = clock_timestamp() + interval '1 hour'
                    WHERE id = ANY (?) AND status = 'retrying' AND run_after > clock_timestamp()""", all);
        }
    }

    /** The next sequence must find no job of this one. */
    private void clearAway() {
        database.update(
                "UPDATE pipeline_jobs SET status = 'cancelled' WHERE id = ANY (?) AND status IN ('queued', 'retrying', 'running',"
                        + " 'awaiting_input')",
                all);
    }

    /** Leaves out what is not needed for a disagreement. Races do not show up each time, so every try is repeated. */
    static List<Step> shrink(Database database, List<Step> failing) {
        var steps = new ArrayList<>(failing);
        for (int i = steps.size() - 1; i >= 0; i--) {
            var step = steps.get(i);
            for (var smaller : Arrays.asList(
                    null,
                    new Step(step.first(), ModelOperation.NOTHING),
                    new Step(ModelOperation.NOTHING, step.second()))) {
                var candidate = new ArrayList<>(steps);
                if (smaller == null) {
                    candidate.remove(i);
                } else {
                    candidate.set(i, smaller);
                }
                if (fails(database, candidate)) {
                    steps = candidate;
                    break;
                }
            }
        }
        return steps;
    }

    private static boolean fails(Database database, List<Step> steps) {
        for (int i = 0; i < 10; i++) {
            if (run(database, steps).isPresent()) {
                return true;
            }
        }
        return false;
    }
}
