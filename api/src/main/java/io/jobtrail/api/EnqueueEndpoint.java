package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.config.Json;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.document.DocumentStore.StoredDocument;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.store.JobStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * {@code POST /pipeline/enqueue}: checks, stores the document, writes the job, answers, in this order. When it answers 202 the
 * bytes and the job are committed; the push to Redis may still fail, and is then made up for.
 */
final class EnqueueEndpoint {
    private static final String DOCUMENT_HANDLER = "process_document";
    private static final Duration PAGE_COUNT_PATIENCE = Duration.ofMillis(300);

    private final DocumentStore documents;
    private final JobStore store;
    private final Dispatcher dispatcher;
    private final KnownHandlers handlers;
    private final Access access;
    private final Limits limits;
    private final Path uploads;

    /** @param uploads directory for files while they come in */
    EnqueueEndpoint(
            DocumentStore documents,
            JobStore store,
            Dispatcher dispatcher,
            KnownHandlers handlers,
            Access access,
            Limits limits,
            Path uploads) {
        this.documents = documents;
        this.store = store;
        this.dispatcher = dispatcher;
        this.handlers = handlers;
        this.access = access;
        this.limits = limits;
        this.uploads = uploads;
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
            enqueueInput(ctx);
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
    private static String mediaType(Context ctx) {
        var type = ctx.contentType() == null ? "" : ctx.contentType();
        return type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    private void enqueueDocument(Context ctx) {
        var realm = Access.realm(ctx);
        var key = idempotencyKey(ctx);
        var traceparent = traceparent(ctx);
        var upload = Upload.receive(ctx, limits.maxUploadBytes(), uploads);
        var asked = Submission.ofForm(upload.fields(), handlers);
        var pages = pages(upload);
        var document = store(upload);

        var payload = new LinkedHashMap<String, Object>();
        payload.put("filename", document.filename());
        payload.put("size", document.size());
        payload.put("sha256", document.sha256());
        payload.put("content_type", document.contentType());
        pages.ifPresent(count -> payload.put("pages", count));
        if (asked.options() != null) {
            payload.put("options", asked.options());
        }
        var queue = asked.queue() == null ? route(pages) : asked.queue();
        var handler = asked.handler() == null ? DOCUMENT_HANDLER : asked.handler();
        NewJob.Accepted accepted;
        try {
            accepted = accept(
                    asked,
                    handler,
                    queue,
                    realm,
                    payload,
                    document.id(),
                    key,
                    traceparent,
                    access.actor(ctx),
                    document.sha256());
        } catch (RuntimeException e) {
            discard(document.id(), e);
            throw e;
        }
        if (accepted.alreadyExisted()) {
            documents.delete(document.id());
        }
        answer(ctx, accepted, realm, key);
    }

    private void enqueueInput(Context ctx) {
        var realm = Access.realm(ctx);
        var key = idempotencyKey(ctx);
        var asked = Submission.ofJson(ctx.body(), handlers);
        var payload = new LinkedHashMap<String, Object>();
        payload.put("input", asked.input() == null ? Map.of() : asked.input());
        if (asked.options() != null) {
            payload.put("options", asked.options());
        }
        var queue = asked.queue() == null ? QueueName.DEFAULT : asked.queue();
        var accepted = accept(
                asked,
                asked.handler(),
                queue,
                realm,
                payload,
                null,
                key,
                traceparent(ctx),
                access.actor(ctx),
                Json.write(payload));
        answer(ctx, accepted, realm, key);
    }

    private NewJob.Accepted accept(
            Submission asked,
            String handler,
            QueueName queue,
            String realm,
            Map<String, Object> payload,
            UUID documentId,
            String key,
            String traceparent,
            String actor,
            String content) {
        var fingerprint = key == null ? null : sha256(handler + '\n' + content + '\n' + asked.options());
        var accepted = store.enqueue(new NewJob(
                JobIds.next(),
                queue,
                realm,
                handler,
                payload,
                documentId,
                null,
                asked.maxAttempts() == null ? limits.maxAttempts() : asked.maxAttempts(),
                asked.runAfter(),
                asked.timeoutSec(),
                key,
                fingerprint,
                traceparent,
                actor));
        boolean due = asked.runAfter() == null || !asked.runAfter().isAfter(Instant.now());
        if (!accepted.alreadyExisted() && due) {
            dispatcher.push(queue, handler, accepted.id());
        }
        return accepted;
    }

    private void answer(Context ctx, NewJob.Accepted accepted, String realm, String key) {
        if (!accepted.sameContent()) {
            throw new ApiError(
                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                    "Idempotency-Key",
                    "key %s was sent before with other content, as job %s".formatted(key, accepted.id()));
        }
        var url = "/pipeline/status/" + accepted.id();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("job_id", accepted.id());
        answer.put("queue", accepted.queue());
        answer.put("realm", realm);
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
            return PdfPageCount.of(bytes, PAGE_COUNT_PATIENCE);
        } catch (IOException e) {
            return OptionalInt.empty(); // the worker will find out what is wrong with it
        }
    }

    private StoredDocument store(Upload upload) {
        try (var bytes = upload.open()) {
            return documents.put(upload.filename(), upload.contentType(), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void discard(UUID document, RuntimeException reason) {
        try {
            documents.delete(document);
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        }
    }

    private static String idempotencyKey(Context ctx) {
        var key = ctx.header("Idempotency-Key");
        if (key != null && !key.matches("[\\x21-\\x7E]{1,255}")) {
            throw ApiError.invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
        }
        return key;
    }

    /** W3C Trace Context; one that is not well formed is ignored, as the recommendation says. */
    private static String traceparent(Context ctx) {
        var value = ctx.header("traceparent");
        return value != null && value.matches("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}") ? value : null;
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
