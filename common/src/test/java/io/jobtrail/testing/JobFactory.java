package io.jobtrail.testing;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Jobs in any state that a test wants to start from, brought there the legal way. */
public final class JobFactory {
    private final JobtrailDatabase database;
    private int madeDaysAgo;
    private QueueName queue = QueueName.DEFAULT;
    private String realm = "default";
    private String handler = "process_document";
    private Object payload = Map.of("input", Map.of());
    private UUID documentId;
    private Integer maxAttempts;
    private Instant runAfter;
    private Integer timeoutSec;
    private String key;
    private String fingerprint;

    JobFactory(JobtrailDatabase database) {
        this.database = database;
    }

    /** By its id: what nobody can have seen ending before. */
    public JobFactory madeDaysAgo(int days) {
        madeDaysAgo = days;
        return this;
    }

    public JobFactory queue(QueueName name) {
        queue = name;
        return this;
    }

    public JobFactory realm(String name) {
        realm = name;
        return this;
    }

    public JobFactory handler(String name) {
        handler = name;
        return this;
    }

    public JobFactory input(Map<String, ?> input) {
        payload = Map.of("input", input);
        return this;
    }

    public JobFactory payload(Map<String, ?> all) {
        payload = all;
        return this;
    }

    public JobFactory document(UUID id) {
        documentId = id;
        return this;
    }

    public JobFactory maxAttempts(int attempts) {
        maxAttempts = attempts;
        return this;
    }

    public JobFactory dueAt(Instant time) {
        runAfter = time;
        return this;
    }

    public JobFactory timeoutSec(int seconds) {
        timeoutSec = seconds;
        return this;
    }

    public JobFactory idempotencyKey(String idempotencyKey, String contentFingerprint) {
        key = idempotencyKey;
        fingerprint = contentFingerprint;
        return this;
    }

    /** What a caller would submit, with a new id each time. */
    public NewJob asked() {
        return new NewJob(
                id(),
                queue,
                realm,
                handler,
                payload,
                documentId,
                null,
                maxAttempts,
                runAfter,
                timeoutSec,
                key,
                fingerprint,
                null,
                "test");
    }

    private UUID id() {
        var now = JobIds.next();
        return new UUID(
                now.getMostSignificantBits() - (Duration.ofDays(madeDaysAgo).toMillis() << 16),
                now.getLeastSignificantBits());
    }

    public UUID insert() {
        return database.store().enqueue(asked()).id();
    }

    /** Queued, then taken by a worker of this name. */
    public Claim claimedBy(String worker) {
        return database.store().claim(insert(), worker, List.of(handler)).orElseThrow();
    }
}
