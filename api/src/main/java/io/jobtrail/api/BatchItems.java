package io.jobtrail.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobtrail.job.NewJob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The submissions of one JSON array, each checked for itself: a job, or why there is none. Objects in S3 are asked for side by side,
 * and not any more once S3 cannot be used.
 */
final class BatchItems implements AutoCloseable {
    private static final String KEY = "idempotency_key";

    /** For all requests together; each takes one call to S3, and mostly a connection to Postgres for a moment. */
    private static final int LOOKUPS_AT_ONCE = 8;

    private final EnqueueEndpoint single;
    private final Intake intake;
    private final KnownHandlers handlers;
    private final ExecutorService lookups = Executors.newFixedThreadPool(LOOKUPS_AT_ONCE, task -> {
        var looking = new Thread(task, "batch-lookup");
        looking.setDaemon(true);
        return looking;
    });

    BatchItems(EnqueueEndpoint single, Intake intake, KnownHandlers handlers) {
        this.single = single;
        this.intake = intake;
        this.handlers = handlers;
    }

    /**
     * @param number in the array
     * @param key its own or that of the whole request; null = none
     * @param job null when it was refused, else refusal is
     */
    record Item(int number, GivenIdempotencyKey key, NewJob job, ApiError refusal) {
        Map<String, Object> answer(NewJob.Accepted accepted) {
            try {
                return Intake.answer(job, key, accepted);
            } catch (ApiError e) {
                return problem(e);
            }
        }

        Map<String, Object> problem(ApiError e) {
            var answer = new LinkedHashMap<String, Object>();
            var ofHeader = GivenIdempotencyKey.HEADER.equals(e.field);
            answer.put("problem", Problems.ofItem(ofHeader ? e : e.within(number)));
            return answer;
        }
    }

    List<Item> of(List<ObjectNode> array, Caller caller, UUID batch) {
        var unavailable = new AtomicReference<ApiError>();
        var tasks = new ArrayList<Future<Item>>();
        for (int i = 0; i < array.size(); i++) {
            int number = i;
            var node = array.get(i);
            Callable<Item> read = () -> item(number, node, caller, batch, unavailable);
            if (node.has("source_type")) {
                tasks.add(lookups.submit(read));
            } else {
                var now = new FutureTask<>(read);
                now.run();
                tasks.add(now);
            }
        }
        return tasks.stream().map(BatchItems::outcome).toList();
    }

    private Item item(int number, ObjectNode node, Caller caller, UUID batch, AtomicReference<ApiError> unavailable) {
        GivenIdempotencyKey key = null;
        try {
            var body = JsonBody.of(node.deepCopy());
            var own = GivenIdempotencyKey.of(KEY, body.text(KEY));
            body.json().remove(KEY);
            var as = own == null ? caller.ofItem(number) : caller.withKey(own);
            key = as.key();
            var asked = Submission.ofJson(body, handlers);
            if (asked.s3Key() != null && unavailable.get() != null) {
                throw unavailable.get();
            }
            return new Item(number, key, intake.job(as, asked, single.work(as, asked), batch), null);
        } catch (ApiError e) {
            if (e.code == ErrorCode.SOURCE_UNAVAILABLE) {
                unavailable.set(e);
            }
            return new Item(number, key, null, e);
        }
    }

    private static Item outcome(Future<Item> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while objects in S3 were looked for", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        lookups.shutdownNow();
    }
}
