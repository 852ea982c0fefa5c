package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobState;
import io.jobtrail.store.JobReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** What can be read about jobs: many of them, the trail of one, its text, its bytes. Changes nothing. */
final class JobsEndpoint {
    static final int MAX_PAGE = 500;
    static final int DEFAULT_PAGE = 50;
    private static final Set<String> RECENT_PARAMETERS =
            Set.of("limit", "realm", "queue", "status", "handler", "error_code", "q", "cursor", "batch");

    private final JobReader reader;
    private final DocumentStore documents;

    JobsEndpoint(JobReader reader, DocumentStore documents) {
        this.reader = reader;
        this.documents = documents;
    }

    /** {@code GET /pipeline/jobs/recent} */
    void recent(Context ctx) {
        onlyKnown(ctx, RECENT_PARAMETERS);
        var status = ctx.queryParam("status");
        var batch = ctx.queryParam("batch");
        var filter = new JobFilter(
                Principal.of(ctx).listed("realm", filter(ctx, "realm")),
                Submission.queue("queue", ctx.queryParam("queue")),
                status == null ? null : Set.of(state("status", status, EnumSet.allOf(JobState.class))),
                filter(ctx, "handler"),
                filter(ctx, "error_code"),
                filter(ctx, "q"),
                Cursor.id(ctx.queryParam("cursor")),
                limit(ctx, DEFAULT_PAGE, MAX_PAGE),
                batch == null ? null : id("batch", batch));
        var page = reader.page(filter);
        var jobs = page.jobs();
        var filters = new LinkedHashMap<String, Object>();
        for (var name : new String[] {"realm", "queue", "status", "handler", "error_code", "q", "batch"}) {
            filters.put(name, ctx.queryParam(name));
        }
        var answer = new LinkedHashMap<String, Object>();
        var now = Instant.now();
        answer.put(
                "jobs",
                jobs.stream()
                        .map(job -> JobView.of(job, Why.of(job, null, now).words()))
                        .toList());
        answer.put("count", jobs.size());
        answer.put("filters", filters);
        answer.put("next_cursor", page.next() == null ? null : Cursor.of(page.next()));
        ctx.json(answer);
    }

    /** {@code GET /pipeline/jobs/{id}/history} */
    void history(Context ctx) {
        onlyKnown(ctx, Set.of());
        var job = job(ctx);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("job_id", job.id());
        answer.put(
                "events",
                reader.history(job.id()).stream().map(JobView.Event::of).toList());
        var problems = reader.verifyTrail(job.id());
        answer.put("verified", problems.isEmpty());
        answer.put(
                "problems", problems.stream().map(JobReader.Problem::describe).toList());
        ctx.json(answer);
    }

    /** {@code GET /pipeline/jobs/{id}/chunks} */
    void chunks(Context ctx) {
        onlyKnown(ctx, Set.of("limit", "cursor"));
        var job = job(ctx);
        int limit = limit(ctx, DEFAULT_PAGE, MAX_PAGE);
        var after = Cursor.position(ctx.queryParam("cursor"));
        var chunks = reader.chunks(job.id(), after == null ? -1 : after, limit);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("job_id", job.id());
        answer.put("chunks", chunks);
        answer.put("count", chunks.size());
        answer.put(
                "next_cursor",
                chunks.size() < limit
                        ? null
                        : Cursor.of(chunks.get(chunks.size() - 1).position()));
        ctx.json(answer);
    }

    /** {@code GET /pipeline/jobs/{id}/file}: never shown by a browser as a page of this server. */
    void file(Context ctx) {
        onlyKnown(ctx, Set.of());
        var job = job(ctx);
        if (job.documentId() == null) {
            throw new ApiError(ErrorCode.NOT_FOUND, null, "no file was sent with the job");
        }
        var document = documents
                .find(job.documentId())
                .orElseThrow(() -> new ApiError(ErrorCode.NOT_FOUND, null, "the file is not kept any more"));
        var encoded = URLEncoder.encode(document.filename(), StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A"); // the one character that RFC 5987 does not take as it is
        // For programs that do not know the second form: harmless as a name of a file, in a shell, and within quotes.
        var plain = document.filename().replaceAll("[^A-Za-z0-9 ._()-]", "_").replaceFirst("^[.-]", "_");
        ctx.header("Content-Disposition", "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded);
        ctx.header("Content-Length", Long.toString(document.size()));
        ctx.contentType(document.contentType());
        if (ctx.method() != HandlerType.HEAD) { // else all of it would be read and thrown away
            ctx.result(documents.open(document));
        }
    }

    private JobDetails job(Context ctx) {
        return job(reader, ctx);
    }

    /** The job that the path names. One of another realm is answered as if it did not exist. */
    static JobDetails job(JobReader reader, Context ctx) {
        var id = id("id", ctx.pathParam("id"));
        LogContext.job(id);
        return reader.job(id, Principal.of(ctx).realm()).orElseThrow(() -> unknown(reader, ctx, id));
    }

    /**
     * For one that the caller does not see. Whether another realm has it is looked up for every id alike, so that the time of the answer
     * tells nothing either.
     */
    static ApiError unknown(JobReader reader, Context ctx, UUID id) {
        return unknown(ctx, id, realm(reader, id, Principal.of(ctx).realm()));
    }

    /** @param realm what {@link #realm} has found */
    static ApiError unknown(Context ctx, UUID id, String realm) {
        if (realm != null) {
            Access.sees(ctx, realm); // remembers that it was asked for
        }
        return ApiError.noSuchJob(id);
    }

    /** Which realm has a job that the caller, who is of one, does not see; null when none. */
    static String realm(JobReader reader, UUID id, String callersRealm) {
        return callersRealm == null ? null : reader.realms(List.of(id)).get(id);
    }

    /** @param field that the id was given as */
    static UUID id(String field, String text) {
        if (!text.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
            throw new ApiError(ErrorCode.INVALID_ID, field, "an id looks like 0190e2a4-5b6c-7d8e-9fa0-b1c2d3e4f506");
        }
        return UUID.fromString(text);
    }

    static void onlyKnown(Context ctx, Set<String> allowed) {
        ctx.queryParamMap().forEach((name, values) -> {
            if (!allowed.contains(name)) {
                throw new ApiError(
                        ErrorCode.UNKNOWN_FIELD,
                        name,
                        "%s is not known here; known are %s"
                                .formatted(name, String.join(", ", new TreeSet<>(allowed))));
            }
            if (values.size() > 1) {
                throw ApiError.invalid(name, "was given more than once");
            }
        });
    }

    /** Null when it is not given. An empty one would let nothing through, where somebody meant to leave it out. */
    static String filter(Context ctx, String name) {
        var value = text(ctx, name);
        if (value != null && value.isEmpty()) {
            throw ApiError.invalid(name, "must not be empty; without it there is no such filter");
        }
        return value;
    }

    static String text(Context ctx, String name) {
        var value = ctx.queryParam(name);
        if (value != null && (value.indexOf('\0') >= 0 || value.length() > 1_000)) {
            throw ApiError.invalid(name, "must have at most 1000 characters and no NUL");
        }
        return value;
    }

    /** @param allowed those that are of use there */
    static JobState state(String field, String name, Set<JobState> allowed) {
        return allowed.stream()
                .filter(state -> state.wireName().equals(name))
                .findFirst()
                .orElseThrow(() -> ApiError.notOneOf(
                        ErrorCode.INVALID_FIELD,
                        field,
                        name,
                        allowed.stream().map(JobState::wireName).toList()));
    }

    static int limit(Context ctx, int usual, int most) {
        var value = ctx.queryParam("limit");
        if (value == null) {
            return usual;
        }
        if (!value.matches("[0-9]{1,9}") || Integer.parseInt(value) < 1 || Integer.parseInt(value) > most) {
            throw ApiError.invalid("limit", "must be a whole number from 1 to %d, not %s".formatted(most, value));
        }
        return Integer.parseInt(value);
    }
}
