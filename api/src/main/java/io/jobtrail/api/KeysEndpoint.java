package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.Names;
import io.jobtrail.store.AccessEvents;
import io.jobtrail.store.ApiKeys;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The keys of the realms, and what happened at the door. For the admin only. A key is shown once, in the answer that made it. */
final class KeysEndpoint {
    private static final int MOST_LISTED = 1_000;
    private static final int MAX_LABEL_CHARS = 64;

    private final ApiKeys keys;
    private final KnownKeys known;
    private final AccessEvents events;

    KeysEndpoint(ApiKeys keys, KnownKeys known, AccessEvents events) {
        this.keys = keys;
        this.known = known;
        this.events = events;
    }

    /** {@code POST /pipeline/keys} */
    void create(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var body = JsonBody.of(ctx).onlyKnown(Set.of("realm", "role", "label"));
        var realm = body.text("realm");
        if (realm == null || !Names.isValid(realm)) {
            throw ApiError.invalid("realm", Names.RULE);
        }
        var role = role(body.text("role"));
        var label = label(body.text("label"));
        var key = KnownKeys.newKey();
        var made = keys.create(
                JobIds.next(),
                realm,
                role.wireName(),
                label,
                KnownKeys.hash(key),
                Principal.of(ctx).actor());
        var answer = new LinkedHashMap<String, Object>();
        answer.put("id", made.id());
        answer.put("key", key);
        answer.putAll(view(made));
        ctx.status(201).json(answer);
    }

    private static Role role(String name) {
        var roles = Role.ofRealms();
        return roles.stream()
                .filter(role -> role.wireName().equals(name))
                .findFirst()
                .orElseThrow(() -> ApiError.notOneOf(
                        ErrorCode.INVALID_FIELD,
                        "role",
                        name,
                        roles.stream().map(Role::wireName).toList()));
    }

    /** It becomes part of the actor in the trail, so it must show as what it is. */
    private static String label(String given) {
        var label = given == null ? "" : given.strip();
        if (label.isEmpty()
                || label.length() > MAX_LABEL_CHARS
                || !label.codePoints().allMatch(KeysEndpoint::isPlain)) {
            throw ApiError.invalid(
                    "label", "must be 1 to %d letters, digits, spaces or signs".formatted(MAX_LABEL_CHARS));
        }
        return label;
    }

    /** No control characters, and none that are not seen or turn the direction of writing. */
    private static boolean isPlain(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /** {@code GET /pipeline/keys} */
    void list(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var listed = keys.all(MOST_LISTED).stream().map(KeysEndpoint::view).toList();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("keys", listed);
        answer.put("count", listed.size());
        ctx.json(answer);
    }

    /** {@code DELETE /pipeline/keys/{id}} */
    void revoke(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var id = JobsEndpoint.id("id", ctx.pathParam("id"));
        var revoked = keys.revoke(id, Principal.of(ctx).actor())
                .orElseThrow(() -> new ApiError(ErrorCode.NOT_FOUND, null, "there is no key " + id));
        known.revoked(id);
        ctx.json(view(revoked));
    }

    private static Map<String, Object> view(ApiKeys.ApiKey key) {
        var view = new LinkedHashMap<String, Object>();
        view.put("id", key.id());
        view.put("realm", key.realm());
        view.put("role", key.role());
        view.put("label", key.label());
        view.put("created_at", key.createdAt());
        view.put("created_by", key.createdBy());
        view.put("last_used_at", key.lastUsedAt());
        view.put("revoked_at", key.revokedAt());
        view.put("revoked_by", key.revokedBy());
        return view;
    }

    /** {@code GET /pipeline/access-events} */
    void events(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of("limit", "cursor"));
        int limit = JobsEndpoint.limit(ctx, JobsEndpoint.DEFAULT_PAGE, JobsEndpoint.MAX_PAGE);
        var page = events.page(Cursor.number(ctx.queryParam("cursor")), limit);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("events", page);
        answer.put("count", page.size());
        answer.put(
                "next_cursor",
                page.size() < limit ? null : Cursor.of(page.get(page.size() - 1).id()));
        ctx.json(answer);
    }
}
