package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.document.DocumentPayload;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.document.DocumentStore.StoredDocument;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /pipeline/enqueue}: checks, stores the document, writes the job, answers, in this order. When it answers 202 the
 * bytes and the job are committed; the push to Redis may still fail, and is then made up for.
 */
final class EnqueueEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(EnqueueEndpoint.class);

    private static final String DOCUMENT_HANDLER = "process_document";
    private static final Duration PAGE_COUNT_PATIENCE = Duration.ofMillis(300);

    private final DocumentStore documents;
    private final JobStore store;
    private final Dispatcher dispatcher;
    private final KnownHandlers handlers;
    private final S3Sources sources;
    private final Limits limits;
    private final Staging staging;

    EnqueueEndpoint(
            DocumentStore documents,
            JobStore store,
            Dispatcher dispatcher,
            KnownHandlers handlers,
            S3Sources sources,
            Limits limits,
            Staging staging) {
        this.documents = documents;
        this.store = store;
        this.dispatcher = dispatcher;
        this.handlers = handlers;
        this.sources = sources;
        this.limits = limits;
        this.staging = staging;
    }

    /**
     * @param maxUploadBytes largest file
     * @param urgentMaxPages a PDF of at most so many pages goes to urgent when no queue is named
     * @param slowMinPages one of at least so many goes to slow
     */
    record Limits(long maxUploadBytes, int maxAttempts, int urgentMaxPages, int slowMinPages) {}

    void handle(Context ctx) {
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

    /**
     * What is to be done, whether it came as a form or as JSON.
     *
     * @param document null when none was sent
     * @param content what the fingerprint knows the document by: its sha256, or what names it in S3; null when there is none
     * @param once whether the same content is the same submission also when the caller gives no idempotency key
     */
    private record Work(
            String handler,
            QueueName queue,
            Map<String, Object> payload,
            StoredDocument document,
            String content,
            boolean once) {}

    private void enqueueDocument(Context ctx) {
        var caller = Caller.of(ctx);
        try (var upload = Upload.receive(ctx, limits.maxUploadBytes(), staging)) {
            enqueueDocument(ctx, caller, upload);
        }
    }

    private void enqueueDocument(Context ctx, Caller caller, Upload upload) {
        var asked = Submission.ofForm(upload.fields(), handlers);
        var pages = pages(upload);
        var document = store(upload);

        var payload = DocumentPayload.of(document.filename(), document.size(), document.contentType());
        payload.put("sha256", document.sha256());
        pages.ifPresent(count -> payload.put("pages", count));
        var work = new Work(DOCUMENT_HANDLER, route(pages), payload, document, document.sha256(), false);
        boolean kept = false;
        try {
            var job = job(caller, asked, work);
            var accepted = accept(job);
            kept = !accepted.alreadyExisted();
            pushIfDue(job, accepted);
            answer(ctx, job, accepted);
        } finally {
            if (!kept) {
                discard(document.id());
            }
        }
    }

    private void enqueueJson(Context ctx) {
        var caller = Caller.of(ctx);
        var asked = Submission.ofJson(ctx.body(), handlers);
        var job = job(caller, asked, asked.s3Key() == null ? input(asked) : object(caller, asked));
        var accepted = accept(job);
        pushIfDue(job, accepted);
        answer(ctx, job, accepted);
    }

    private static Work input(Submission asked) {
        var payload = new LinkedHashMap<String, Object>();
        payload.put("input", asked.input() == null ? Map.of() : asked.input());
        return new Work(asked.handler(), QueueName.DEFAULT, payload, null, null, false);
    }

    private Work object(Caller caller, Submission asked) {
        var object = sources.find(caller, asked.s3Key(), limits.maxUploadBytes());
        return new Work(DOCUMENT_HANDLER, QueueName.DEFAULT, object.toPayload(), null, object.identity(), true);
    }

    private NewJob job(Caller caller, Submission asked, Work work) {
        var document = work.document();
        var handler = asked.handler() == null ? work.handler() : asked.handler();
        var fingerprint = caller.idempotencyKey() == null && !work.once()
                ? null
                : Fingerprint.of(handler, work.content(), asked.input(), asked.options(), asked.review());
        var key = caller.idempotencyKey() == null && work.once() ? "s3:" + fingerprint : caller.idempotencyKey();
        if (asked.options() != null) {
            work.payload().put("options", asked.options());
        }
        if (asked.review()) {
            if (!handler.equals(DOCUMENT_HANDLER)) {
                throw ApiError.invalid(
                        "review", "can be true for %s only, not for %s".formatted(DOCUMENT_HANDLER, handler));
            }
            work.payload().put("review", true);
        }
        return new NewJob(
                JobIds.next(),
                asked.queue() == null ? work.queue() : asked.queue(),
                caller.realm(),
                handler,
                work.payload(),
                document == null ? null : document.id(),
                null,
                asked.maxAttempts() == null ? limits.maxAttempts() : asked.maxAttempts(),
                asked.runAfter(),
                asked.timeoutSec(),
                key,
                fingerprint,
                caller.traceparent(),
                caller.actor());
    }

    /**
     * When the connection breaks, the job may be committed all the same. Asked once more with the same id, the database makes it
     * or finds it; one that it finds under this id was made by this very request.
     */
    private NewJob.Accepted accept(NewJob job) {
        boolean unknown;
        try {
            return store.enqueue(job);
        } catch (DatabaseFailure e) {
            if (!e.isTransient()) {
                throw e;
            }
            unknown = e.leavesItUnknown();
            LOG.warn(
                    "job {}: {} ({}); asks once more",
                    job.id(),
                    unknown ? "whether it is accepted is unknown" : "not accepted",
                    e.getMessage());
        }
        try {
            var found = store.enqueue(job);
            return found.id().equals(job.id())
                    ? new NewJob.Accepted(found.id(), found.queue(), found.status(), false, true)
                    : found;
        } catch (DatabaseFailure e) {
            if (!unknown && !e.leavesItUnknown()) {
                throw e;
            }
            LOG.warn("job {}: whether it is accepted stays unknown ({}), so says the answer", job.id(), e.getMessage());
            throw new ApiError(
                    ErrorCode.DATABASE_UNAVAILABLE,
                    null,
                    ("It is unknown whether the job was accepted, as %s: send the request again with the same Idempotency-Key, or "
                                    + "ask for the status of that job first, if it had none")
                            .formatted(job.id()));
        }
    }

    private void pushIfDue(NewJob job, NewJob.Accepted accepted) {
        boolean due = job.runAfter() == null || !job.runAfter().isAfter(Instant.now());
        if (!accepted.alreadyExisted() && due) {
            dispatcher.push(job.queue(), job.handler(), accepted.id());
        }
    }

    private static void answer(Context ctx, NewJob job, NewJob.Accepted accepted) {
        if (!accepted.sameContent()) {
            throw ApiError.keyReused(job.idempotencyKey(), accepted.id());
        }
        var url = "/pipeline/status/" + accepted.id();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("job_id", accepted.id());
        answer.put("queue", accepted.queue());
        answer.put("realm", job.realm());
        answer.put("status", accepted.status().wireName());
        answer.put("already_existed", accepted.alreadyExisted());
        answer.put("status_url", url);
        ctx.header("Location", url).header("Retry-After", "1");
        ctx.status(accepted.alreadyExisted() ? 200 : 202).json(answer);
    }

    private QueueName route(OptionalInt pages) {
        if (pages.isEmpty()) {
            return QueueName.DEFAULT;
        }
        return pages.getAsInt() <= limits.urgentMaxPages()
                ? QueueName.URGENT
                : pages.getAsInt() >= limits.slowMinPages() ? QueueName.SLOW : QueueName.DEFAULT;
    }

    private static OptionalInt pages(Upload upload) {
        try (var bytes = upload.open()) {
            return PdfPageCount.of(bytes, upload.size(), PAGE_COUNT_PATIENCE);
        } catch (IOException e) {
            return OptionalInt.empty(); // the worker will find out what is wrong with it
        }
    }

    private StoredDocument store(Upload upload) {
        var inMemory = upload.inMemory();
        if (inMemory.isPresent()) {
            return documents.put(upload.filename(), upload.contentType(), inMemory.get());
        }
        try (var bytes = upload.open()) {
            return documents.put(upload.filename(), upload.contentType(), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One that a job refers to stays, whatever was known of that job: the foreign key sees to it. */
    private void discard(UUID document) {
        try {
            documents.delete(document);
        } catch (DatabaseFailure e) {
            LOG.warn("document {} stays, although no answer has named a job for it: {}", document, e.getMessage());
        }
    }
}
