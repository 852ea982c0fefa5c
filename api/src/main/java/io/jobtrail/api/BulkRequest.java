package io.jobtrail.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobFilter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The same action for many jobs, which are named or described, checked.
 *
 * @param ids in the order of the request; null when there is a filter, and the other way round
 */
record BulkRequest(JobAction action, List<UUID> ids, JobFilter filter, String reason) {
    /** One statement for all of them holds its locks for a fraction of a second. */
    private static final int MAX_JOBS = 1_000;

    static BulkRequest of(JsonBody body, Principal principal) {
        body.onlyKnown(Set.of("action", "ids", "filter", "reason", "limit", "cursor"));
        var action = ActionsEndpoint.action(body, EnumSet.allOf(JobAction.class));
        var reason = ActionsEndpoint.reason(body.text("reason"));
        var ids = body.any("ids");
        var filter = body.object("filter");
        if ((ids == null) == (filter == null)) {
            throw ApiError.invalid("ids", "or filter must be given, and not both");
        }
        if (filter != null) {
            return new BulkRequest(action, null, filter(action, filter, body, principal), reason);
        }
        for (var ofFilters : List.of("limit", "cursor")) {
            if (body.any(ofFilters) != null) {
                throw ApiError.invalid(ofFilters, "belongs to a filter, not to ids");
            }
        }
        if (!(ids instanceof ArrayNode array) || array.isEmpty() || array.size() > MAX_JOBS) {
            throw ApiError.invalid(
                    "ids",
                    "must be an array of 1 to %d ids".formatted(MAX_JOBS)
                            + (ids.isArray() ? ", not of " + ids.size() : ""));
        }
        var named = new ArrayList<UUID>();
        array.forEach(id -> named.add(JobsEndpoint.id("ids[" + named.size() + "]", id.asText())));
        return new BulkRequest(action, named, null, reason);
    }

    /** Only jobs that the action takes; one that names nothing else would be all of them, which nobody says by leaving out. */
    private static JobFilter filter(JobAction action, JsonBody filter, JsonBody body, Principal principal) {
        var known = Set.of("queue", "status", "realm", "handler", "error_code", "batch");
        filter.onlyKnown(known);
        if (known.stream().allMatch(name -> filter.any(name) == null)) {
            throw ApiError.invalid(
                    "filter", "must name at least one of batch, error_code, handler, queue, realm, status");
        }
        var status = filter.text("status");
        var batch = filter.text("batch");
        var limit = body.integer("limit", 1, MAX_JOBS);
        return new JobFilter(
                principal.listed("filter.realm", filter.text("realm")),
                Submission.queue("filter.queue", filter.text("queue")),
                status == null ? action.from() : Set.of(JobsEndpoint.state("filter.status", status, action.from())),
                filter.text("handler"),
                filter.text("error_code"),
                null,
                Cursor.id(body.text("cursor")),
                limit == null ? MAX_JOBS : limit,
                batch == null ? null : JobsEndpoint.id("filter.batch", batch));
    }
}
