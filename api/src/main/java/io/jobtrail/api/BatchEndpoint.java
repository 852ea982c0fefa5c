package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.document.DocumentStore.StoredDocument;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import io.jobtrail.store.Batches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Many jobs in one request, and what becomes of them. Submissions in JSON are accepted one by one, since each has an answer of its
 * own; files are accepted all or none, since they have one answer.
 */
final class BatchEndpoint {
    /** In one request. One statement makes all of them, and holds its locks for a fraction of a second. */
    static final int MAX_JOBS = 1_000;

    /** For all files of a request together. */
    private static final Duration PAGE_COUNT_PATIENCE = Duration.ofSeconds(5);

    private final DocumentIntake documents;
    private final Intake intake;
    private final BatchItems items;
    private final KnownHandlers handlers;
    private final Intake.Limits limits;
    private final Staging staging;
    private final Batches batches;

    BatchEndpoint(
            DocumentIntake documents,
            Intake intake,
            BatchItems items,
            KnownHandlers handlers,
            Intake.Limits limits,
            Staging staging,
            Batches batches) {
        this.documents = documents;
        this.intake = intake;
        this.items = items;
        this.handlers = handlers;
        this.limits = limits;
        this.staging = staging;
        this.batches = batches;
    }

    /** {@code POST /pipeline/enqueue/batch} */
    void enqueue(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var caller = Caller.of(ctx);
        var batch = JobIds.next();
        var asked = items.of(JsonBody.array(ctx, MAX_JOBS), caller, batch);
        var jobs = asked.stream()
                .filter(item -> item.refusal() == null)
                .map(BatchItems.Item::job)
                .toList();
        var accepted = intake.acceptEach(jobs);
        intake.push(jobs, accepted);

        var answers = new ArrayList<Map<String, Object>>();
        int next = 0;
        for (var item : asked) {
            answers.add(item.refusal() == null ? item.answer(accepted.get(next++)) : item.problem(item.refusal()));
        }
        answer(ctx, batch, accepted, answers);
    }

    private void answer(Context ctx, UUID batch, List<NewJob.Accepted> accepted, List<Map<String, Object>> answers) {
        var same = accepted.stream().filter(NewJob.Accepted::sameContent).toList();
        if (same.isEmpty()) {
            throw ApiError.allRefused(answers);
        }
        long made = same.stream().filter(job -> !job.alreadyExisted()).count();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("batch_id", made > 0 ? batch : earlier(same));
        answer.put("accepted", made);
        answer.put("already_existed", same.size() - made);
        answer.put("refused", answers.size() - same.size());
        answer.put("items", answers);
        respond(ctx, made > 0, answer);
    }

    /** Where all of them belong to, as when the same request is sent again. */
    private UUID earlier(List<NewJob.Accepted> jobs) {
        return batches.of(jobs.stream().map(NewJob.Accepted::id).distinct().toList())
                .orElse(null);
    }

    private static void respond(Context ctx, boolean anew, Map<String, Object> answer) {
        var id = answer.get("batch_id");
        if (id != null) {
            var url = "/pipeline/batch-status/" + id;
            answer.put("status_url", url);
            ctx.header("Location", url);
        }
        ctx.header("Retry-After", "1");
        ctx.status(anew ? 202 : 200).json(answer);
    }

    /** {@code POST /pipeline/batch} */
    void upload(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        if (!EnqueueEndpoint.isForm(ctx)) {
            throw new ApiError(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type", "Content-Type must be multipart/form-data");
        }
        var caller = Caller.of(ctx);
        var rule = new FormParts.Rule("files", MAX_JOBS, limits.maxUploadBytes(), limits.maxBatchBytes());
        try (var upload = Upload.receive(ctx, rule, staging)) {
            upload(ctx, caller, upload);
        }
    }

    private void upload(Context ctx, Caller caller, Upload upload) {
        var asked = Submission.ofForm(upload.fields(), handlers);
        var pages = pages(upload.files());
        var stored = documents.store(upload.files());
        var batch = JobIds.next();
        var unneeded = new HashSet<>(stored.stream().map(StoredDocument::id).toList());
        try {
            var jobs = IntStream.range(0, stored.size())
                    .mapToObj(i -> job(caller, asked, stored, pages, batch, i))
                    .toList();
            var accepted = intake.acceptAll(jobs);
            for (int i = 0; i < jobs.size(); i++) {
                Intake.answer(jobs.get(i), caller.key(), accepted.get(i)); // refuses a key that stands for other files
            }
            var anew = IntStream.range(0, jobs.size())
                    .filter(i -> !accepted.get(i).alreadyExisted())
                    .mapToObj(jobs::get)
                    .map(NewJob::documentId)
                    .toList();
            unneeded.removeAll(anew);
            intake.push(jobs, accepted);
            var answer = new LinkedHashMap<String, Object>();
            answer.put("batch_id", anew.isEmpty() ? earlier(accepted) : batch);
            answer.put("job_ids", accepted.stream().map(NewJob.Accepted::id).toList());
            answer.put("already_existed", anew.isEmpty());
            respond(ctx, !anew.isEmpty(), answer);
        } finally {
            if (!unneeded.isEmpty()) {
                documents.discard(unneeded);
            }
        }
    }

    private NewJob job(
            Caller caller,
            Submission asked,
            List<StoredDocument> stored,
            List<OptionalInt> pages,
            UUID batch,
            int number) {
        var work = DocumentIntake.work(stored.get(number), pages.get(number), intake);
        // The key stands for so many files, in this order.
        var content = work.content() + " " + (number + 1) + " of " + stored.size();
        return intake.job(
                caller.ofItem(number),
                asked,
                new Intake.Work(work.handler(), work.queue(), work.payload(), work.document(), content, false),
                batch);
    }

    private static List<OptionalInt> pages(List<UploadedFile> files) {
        var end = System.nanoTime() + PAGE_COUNT_PATIENCE.toNanos();
        return files.stream()
                .map(file -> DocumentIntake.pages(file, Duration.ofNanos(end - System.nanoTime())))
                .toList();
    }

    /** {@code GET /pipeline/batch-status/{batch_id}} */
    void status(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of("limit", "cursor"));
        var batch = JobsEndpoint.id("batch_id", ctx.pathParam("batch_id"));
        int limit = JobsEndpoint.limit(ctx, MAX_JOBS, MAX_JOBS);
        var after = Cursor.id(ctx.queryParam("cursor"));
        var realm = Principal.of(ctx).listed("X-Realm", Principal.realmHeader(ctx));
        var counts = batches.counts(batch, realm);
        if (counts.isEmpty()) {
            throw new ApiError(ErrorCode.NOT_FOUND, null, "there is no batch " + batch);
        }
        var members = batches.members(batch, realm, after, limit);
        long total = counts.values().stream().mapToLong(Long::longValue).sum();
        long ended = counts.entrySet().stream()
                .filter(count -> count.getKey().isFinal())
                .mapToLong(Map.Entry::getValue)
                .sum();
        var byStatus = new LinkedHashMap<String, Long>();
        for (var state : JobState.values()) {
            byStatus.put(state.wireName(), counts.getOrDefault(state, 0L));
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("batch_id", batch);
        answer.put("complete", counts.getOrDefault(JobState.FINISHED, 0L));
        answer.put("failed", counts.getOrDefault(JobState.FAILED, 0L));
        answer.put("cancelled", counts.getOrDefault(JobState.CANCELLED, 0L));
        answer.put("total", total);
        answer.put("ended", ended == total);
        answer.put("by_status", byStatus);
        answer.put("jobs", members.stream().map(BatchEndpoint::view).toList());
        answer.put(
                "next_cursor",
                members.size() < limit
                        ? null
                        : Cursor.of(members.get(members.size() - 1).id()));
        if (ended < total) {
            ctx.header("Retry-After", "1");
        }
        ctx.json(answer);
    }

    private static Map<String, Object> view(Batches.Member job) {
        var view = new LinkedHashMap<String, Object>();
        view.put("id", job.id());
        view.put("status", job.status().wireName());
        view.put("queue", job.queue());
        view.put("handler", job.handler());
        view.put("filename", job.filename());
        view.put("stage", JobView.stage(job.status(), job.stage()));
        view.put("progress", job.progress());
        view.put("error_code", job.errorCode());
        view.put("finished_at", job.finishedAt());
        return view;
    }
}
