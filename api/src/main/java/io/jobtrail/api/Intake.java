package io.jobtrail.api;

import io.jobtrail.document.DocumentStore.StoredDocument;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes jobs of what was asked for, one or many, and pushes those that are due: the rules that all ways of sending them share. Once
 * jobs are accepted they are committed; the push to Redis may still fail, and is then made up for. Knows nothing of HTTP.
 */
final class Intake {
    static final String DOCUMENT_HANDLER = "process_document";

    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    private final JobStore store;
    private final Dispatcher dispatcher;
    private final Limits limits;

    Intake(JobStore store, Dispatcher dispatcher, Limits limits) {
        this.store = store;
        this.dispatcher = dispatcher;
        this.limits = limits;
    }

    /**
     * @param maxUploadBytes largest file
     * @param maxBatchBytes all files of one request together
     * @param urgentMaxPages a PDF of at most so many pages goes to urgent when no queue is named
     * @param slowMinPages one of at least so many goes to slow
     */
    record Limits(long maxUploadBytes, long maxBatchBytes, int maxAttempts, int urgentMaxPages, int slowMinPages) {}

    /**
     * What is to be done, whether it came as a form or as JSON.
     *
     * @param document null when none was sent
     * @param content what the fingerprint knows the document by: its sha256, or what names it in S3; null when there is none
     * @param once whether the same content is the same submission also when the caller gives no idempotency key
     */
    record Work(
            String handler,
            QueueName queue,
            Map<String, Object> payload,
            StoredDocument document,
            String content,
            boolean once) {}

    /** @param batch those that are sent together; null = alone */
    NewJob job(Caller caller, Submission asked, Work work, UUID batch) {
        var document = work.document();
        var handler = asked.handler() == null ? work.handler() : asked.handler();
        if (handler.equals(DOCUMENT_HANDLER) && work.content() == null) {
            throw new ApiError(
                    ErrorCode.MISSING_FILE,
                    "file",
                    DOCUMENT_HANDLER
                            + " needs a document: send one as the form field file, or name one with source_type and s3_key");
        }
        var fingerprint = caller.key() == null && !work.once()
                ? null
                : Fingerprint.of(handler, work.content(), asked.input(), asked.options(), asked.review());
        var key = caller.key() != null ? caller.key().stored() : work.once() ? "s3:" + fingerprint : null;
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
                batch,
                asked.maxAttempts() == null ? limits.maxAttempts() : asked.maxAttempts(),
                asked.runAfter(),
                asked.timeoutSec(),
                key,
                fingerprint,
                caller.traceparent(),
                caller.actor());
    }

    /** By the number of its pages. */
    QueueName route(OptionalInt pages) {
        if (pages.isEmpty()) {
            return QueueName.DEFAULT;
        }
        return pages.getAsInt() <= limits.urgentMaxPages()
                ? QueueName.URGENT
                : pages.getAsInt() >= limits.slowMinPages() ? QueueName.SLOW : QueueName.DEFAULT;
    }

    NewJob.Accepted accept(NewJob job) {
        return accept(List.of(job), jobs -> List.of(store.enqueue(jobs.get(0)))).get(0);
    }

    /** With one statement and one commit. Those whose key stands for other content are not made; the others are. */
    List<NewJob.Accepted> acceptEach(List<NewJob> jobs) {
        return jobs.isEmpty() ? List.of() : accept(jobs, store::enqueue);
    }

    /** Likewise, but none is made if a key stands for other content. */
    List<NewJob.Accepted> acceptAll(List<NewJob> jobs) {
        return accept(jobs, store::enqueueUnlessReused);
    }

    /**
     * When the connection breaks, the jobs may be committed all the same. Asked once more with the same ids, the database makes
     * them or finds them; one that it finds under its id was made by this very request.
     */
    private static List<NewJob.Accepted> accept(
            List<NewJob> jobs, Function<List<NewJob>, List<NewJob.Accepted>> statement) {
        var accepted = acceptedBy(statement, jobs);
        EnqueueSpan.accepted(jobs, accepted);
        return accepted;
    }

    private static List<NewJob.Accepted> acceptedBy(
            Function<List<NewJob>, List<NewJob.Accepted>> statement, List<NewJob> jobs) {
        boolean unknown;
        try {
            return statement.apply(jobs);
        } catch (DatabaseFailure e) {
            if (!e.isTransient()) {
                throw e;
            }
            unknown = e.leavesItUnknown();
            LOG.warn(
                    "{}: {} ({}); asks once more",
                    named(jobs),
                    unknown ? "whether it is accepted is unknown" : "not accepted",
                    e.getMessage());
        }
        try {
            var found = statement.apply(jobs);
            return IntStream.range(0, jobs.size())
                    .mapToObj(i -> madeHere(jobs.get(i), found.get(i)))
                    .toList();
        } catch (DatabaseFailure e) {
            if (!unknown && !e.leavesItUnknown()) {
                throw e;
            }
            LOG.warn("{}: whether it is accepted stays unknown ({}), so says the answer", named(jobs), e.getMessage());
            throw new ApiError(ErrorCode.DATABASE_UNAVAILABLE, null, stayedUnknown(jobs));
        }
    }

    private static NewJob.Accepted madeHere(NewJob job, NewJob.Accepted found) {
        return found.id().equals(job.id())
                ? new NewJob.Accepted(found.id(), found.queue(), found.status(), false, true)
                : found;
    }

    private static String named(List<NewJob> jobs) {
        var first = "job " + jobs.get(0).id();
        return jobs.size() == 1 ? first : first + " and " + (jobs.size() - 1) + " more";
    }

    private static String stayedUnknown(List<NewJob> jobs) {
        var first = jobs.get(0);
        return first.batchId() == null
                ? ("It is unknown whether the job was accepted, as %s: send the request again with the same Idempotency-Key, or "
                                + "ask for the status of that job first, if it had none")
                        .formatted(first.id())
                : ("It is unknown whether the jobs were accepted, as batch %s: send the request again with the same idempotency "
                                + "keys, or ask for that batch first, if there were none")
                        .formatted(first.batchId());
    }

    /** With one round trip for each queue. */
    void push(List<NewJob> jobs, List<NewJob.Accepted> accepted) {
        var now = Instant.now();
        IntStream.range(0, jobs.size())
                .filter(i -> !accepted.get(i).alreadyExisted())
                .mapToObj(jobs::get)
                .filter(job -> job.runAfter() == null || !job.runAfter().isAfter(now))
                .collect(Collectors.groupingBy(
                        NewJob::queue,
                        Collectors.mapping(job -> new JobQueue.Entry(job.handler(), job.id()), Collectors.toList())))
                .forEach(dispatcher::push);
    }

    /** One alone shares its round trip with those of other requests. */
    void push(NewJob job, NewJob.Accepted accepted) {
        boolean due = job.runAfter() == null || !job.runAfter().isAfter(Instant.now());
        if (!accepted.alreadyExisted() && due) {
            dispatcher.push(job.queue(), job.handler(), accepted.id());
        }
    }

    /**
     * What the caller is told of a job.
     *
     * @param key that the caller gave for it; null = none
     * @throws ApiError when its key stands for other content
     */
    static Map<String, Object> answer(NewJob job, GivenIdempotencyKey key, NewJob.Accepted accepted) {
        if (!accepted.sameContent()) {
            throw ApiError.keyReused(key, accepted.id());
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("job_id", accepted.id());
        answer.put("queue", accepted.queue());
        answer.put("realm", job.realm());
        answer.put("status", accepted.status().wireName());
        answer.put("already_existed", accepted.alreadyExisted());
        answer.put("status_url", "/pipeline/status/" + accepted.id());
        return answer;
    }
}
