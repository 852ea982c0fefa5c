package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * {@code POST /pipeline/enqueue}: checks, stores the document, writes the job, answers, in this order. When it answers 202 the
 * bytes and the job are committed; the push to Redis may still fail, and is then made up for.
 */
final class EnqueueEndpoint {
    private final DocumentIntake documents;
    private final Intake intake;
    private final KnownHandlers handlers;
    private final S3Sources sources;
    private final Intake.Limits limits;
    private final Staging staging;

    EnqueueEndpoint(
            DocumentIntake documents,
            Intake intake,
            KnownHandlers handlers,
            S3Sources sources,
            Intake.Limits limits,
            Staging staging) {
        this.documents = documents;
        this.intake = intake;
        this.handlers = handlers;
        this.sources = sources;
        this.limits = limits;
        this.staging = staging;
    }

    void handle(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        if (isForm(ctx)) {
            enqueueDocument(ctx);
        } else if (mediaType(ctx).equals("application/json")) {
            enqueueJson(ctx);
        } else {
            throw new ApiError(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type",
                    "Content-Type must be multipart/form-data or application/json");
        }
    }

    static boolean isForm(Context ctx) {
        return mediaType(ctx).equals("multipart/form-data");
    }

    /** Without parameters such as charset or boundary. */
    static String mediaType(Context ctx) {
        var type = ctx.contentType() == null ? "" : ctx.contentType();
        return type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    private void enqueueDocument(Context ctx) {
        var caller = Caller.of(ctx);
        try (var upload = Upload.receive(ctx, FormParts.Rule.oneFile(limits.maxUploadBytes()), staging)) {
            enqueueDocument(ctx, caller, upload);
        }
    }

    private void enqueueDocument(Context ctx, Caller caller, Upload upload) {
        var asked = Submission.ofForm(upload.fields(), handlers);
        var file = upload.files().get(0);
        var pages = DocumentIntake.pages(file);
        var document = documents.store(file);
        boolean kept = false;
        try {
            var job = intake.job(caller, asked, DocumentIntake.work(document, pages, intake), null);
            LogContext.job(job);
            var accepted = intake.accept(job);
            kept = !accepted.alreadyExisted();
            intake.push(job, accepted);
            answer(ctx, job, caller, accepted);
        } finally {
            if (!kept) {
                documents.discard(List.of(document.id()));
            }
        }
    }

    private void enqueueJson(Context ctx) {
        var caller = Caller.of(ctx);
        var asked = Submission.ofJson(JsonBody.of(ctx), handlers);
        var job = intake.job(caller, asked, work(caller, asked), null);
        LogContext.job(job);
        var accepted = intake.accept(job);
        intake.push(job, accepted);
        answer(ctx, job, caller, accepted);
    }

    /** Of a submission that came without bytes. May have to ask S3. */
    Intake.Work work(Caller caller, Submission asked) {
        if (asked.s3Key() == null) {
            var payload = new LinkedHashMap<String, Object>();
            payload.put("input", asked.input() == null ? Map.of() : asked.input());
            return new Intake.Work(asked.handler(), QueueName.DEFAULT, payload, null, null, false);
        }
        var object = sources.find(caller, asked.s3Key(), limits.maxUploadBytes());
        return new Intake.Work(
                Intake.DOCUMENT_HANDLER, QueueName.DEFAULT, object.toPayload(), null, object.identity(), true);
    }

    private static void answer(Context ctx, NewJob job, Caller caller, NewJob.Accepted accepted) {
        var answer = Intake.answer(job, caller.key(), accepted);
        ctx.header("Location", answer.get("status_url").toString()).header("Retry-After", "1");
        ctx.status(accepted.alreadyExisted() ? 200 : 202).json(answer);
    }
}
