package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobtrail.config.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Makes requests of operations: mostly as the document wants them, then with some of it made wrong. From the numbers it is given alone. */
final class RequestMaker {
    private static final String NOBODY = "0190f000-0000-7000-8000-000000000000";

    /** Values that the schemas leave open. Few keys, so that they are met again. */
    private static final Map<String, List<String>> KNOWN = Map.of(
            "handler", List.of("echo", "process_document"),
            "realm", Scene.REALMS,
            "X-Realm", Scene.REALMS,
            "Idempotency-Key", List.of("key-1", "key-2", "key-3"),
            "idempotency_key", List.of("key-4", "key-5"),
            "wait", List.of("1", "2"),
            "cursor", List.of("AZDwAAAAcACAAAAAAAAAAA", "AAAAAA", "AAAAAAAAAAA"),
            "If-None-Match", List.of("*", "\"a\"", "W/\"1\""),
            "Last-Event-ID", List.of("1-0", "0"),
            "key", List.of(StandIns.key("north", "read"), "no-key"));

    private static final List<String> BEGINNINGS = List.of("//", "/./", "/a/../", "/%2e/", "/PIPELINE", "http://a/");
    private static final List<String> ENDS = List.of("/", "/..", "//", ";a=b", "?", "&", "#", "%2F", "/.");
    private static final List<String> TYPES = List.of(
            "",
            "text/plain",
            "application/json; charset=utf-16",
            "application/json; charset=nonsense",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/mixed; boundary=fuzz-boundary");
    private static final List<String> HEADERS = List.of(
            "X-Request-Id",
            "Idempotency-Key",
            "traceparent",
            "Last-Event-ID",
            "If-None-Match",
            "X-CSRF-Token",
            "Cookie",
            "Accept",
            "Accept-Encoding",
            "Origin",
            "Range",
            "X-Forwarded-Proto");

    private final RandomGenerator random;
    private final SchemaSample sample;
    private long made;
    private String realm; // of the caller of the request that is being made

    RequestMaker(ApiDocument document, RandomGenerator random) {
        this.random = random;
        sample = new SchemaSample(document, KNOWN, random);
    }

    /** @param wrong whether something of it is spoilt */
    Draft draft(Operation operation, boolean wrong) {
        realm = Nasty.one(Scene.REALMS, random);
        var draft = new Draft(operation.method(), target(operation, wrong));
        caller(draft);
        draft.header(
                "X-Forwarded-For",
                "10.%d.%d.%d".formatted(random.nextInt(256), random.nextInt(256), random.nextInt(256)));
        for (var parameter : operation.in("header")) {
            if (random.nextInt(5) == 0) {
                draft.header(parameter.name(), value(parameter, wrong));
            }
        }
        if (draft.headers.stream().noneMatch(header -> header.name().equals("X-Request-Id"))) {
            draft.header("X-Request-Id", "request-" + ++made); // so that its answer can be told from those of others
        }
        if (!operation.bodies().isEmpty()) {
            var type = Nasty.one(List.copyOf(operation.bodies().keySet()), random);
            body(draft, type, operation.bodies().get(type), wrong);
        }
        if (wrong) {
            spoil(draft);
        }
        return draft;
    }

    private void caller(Draft draft) {
        var key = switch (random.nextInt(12)) {
            case 0 -> null;
            case 1 -> "jtk_" + "0".repeat(64);
            case 2, 3, 4 -> FuzzedSystem.ADMIN_KEY;
            default -> StandIns.key(realm, Nasty.one(Scene.ROLES, random));
        };
        if (key != null) {
            switch (random.nextInt(3)) {
                case 0 -> draft.header("X-Admin-Key", key);
                case 1 -> draft.header("X-Api-Key", key);
                default -> draft.header("Authorization", "Bearer " + key);
            }
        }
    }

    private String target(Operation operation, boolean wrong) {
        var target = new StringBuilder();
        for (var segment : operation.path().substring(1).split("/")) {
            target.append('/').append(segment.startsWith("{") ? segment(operation, segment, wrong) : segment);
        }
        var separator = '?';
        for (var parameter : operation.in("query")) {
            if (random.nextInt(3) == 0) {
                target.append(separator).append(parameter.name()).append('=').append(encoded(value(parameter, wrong)));
                separator = '&';
            }
        }
        if (wrong && random.nextInt(12) == 0) {
            target.append(separator)
                    .append(encoded(Nasty.text(random)))
                    .append('=')
                    .append(encoded(Nasty.text(random)));
        }
        return target.toString();
    }

    private String segment(Operation operation, String name, boolean wrong) {
        if (wrong && random.nextInt(5) == 0) {
            return encoded(Nasty.text(random));
        }
        if (name.equals("{queue}")) {
            return Nasty.one(List.of("urgent", "default", "slow"), random);
        }
        if (random.nextInt(20) == 0) {
            return NOBODY;
        }
        // Now and then that of the other realm.
        var of = random.nextInt(4) == 0 ? Nasty.one(Scene.REALMS, random) : realm;
        if (name.equals("{batch_id}")) {
            return StandIns.id(of, Scene.BATCH);
        }
        return StandIns.id(of, operation.path().contains("/keys/") ? Scene.KEY : Nasty.one(Scene.JOBS, random));
    }

    private String value(Operation.Parameter parameter, boolean wrong) {
        return wrong && random.nextInt(3) == 0
                ? Nasty.text(random)
                : sample.of(parameter.name(), parameter.schema()).asText();
    }

    private String encoded(String text) {
        return random.nextInt(10) == 0 ? text : URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private void body(Draft draft, String type, JsonNode schema, boolean wrong) {
        if (type.startsWith("multipart")) {
            form(draft, schema, wrong);
            return;
        }
        var json = withIds(sample.of("", schema));
        boolean mutated = wrong && random.nextInt(4) != 0;
        var text = mutated ? JsonMutation.mutated(json, random) : Json.write(json);
        draft.body = text.getBytes(StandardCharsets.UTF_8);
        draft.header("Content-Type", type);
    }

    /** Where a list of ids was made, those of jobs that there are. */
    private JsonNode withIds(JsonNode json) {
        if (json.path("ids").isArray()) {
            var ids = Json.MAPPER.createArrayNode();
            Scene.JOBS.forEach(kind -> ids.add(StandIns.id(realm, kind)));
            ((ObjectNode) json).set("ids", ids);
        }
        return json;
    }

    private void form(Draft draft, JsonNode schema, boolean wrong) {
        var form = new FormBody(random);
        var fields = sample.of("", schema);
        boolean spoilt = wrong && random.nextInt(4) != 0;
        if (spoilt && random.nextBoolean()) {
            form.spoilBorders();
        }
        for (var property : fields.properties()) {
            var name = property.getKey();
            var values = property.getValue();
            if (name.equals("file") || name.equals("files")) {
                form.file(name, spoilt ? Nasty.text(random) : "memo.txt", content(wrong));
            } else {
                form.field(name, spoilt && random.nextInt(4) == 0 ? Nasty.text(random) : text(values));
            }
        }
        if (spoilt && random.nextBoolean()) {
            form.spoilParts();
        }
        draft.body = form.bytes();
        draft.header("Content-Type", form.contentType());
    }

    private static String text(JsonNode value) {
        return value.isValueNode() ? value.asText() : value.toString();
    }

    private byte[] content(boolean wrong) {
        if (wrong && random.nextInt(300) == 0) {
            return new byte[FuzzedSystem.MAX_UPLOAD + 1 + random.nextInt(3 << 20)];
        }
        var bytes = new byte[random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(2_000)];
        random.nextBytes(bytes);
        if (random.nextInt(4) == 0) {
            System.arraycopy("%PDF-1.4\n".getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, Math.min(9, bytes.length));
        }
        return bytes;
    }

    private void spoil(Draft draft) {
        for (int i = 0, times = random.nextInt(3); i < times; i++) {
            switch (random.nextInt(9)) {
                case 0 -> draft.method = Nasty.method(random);
                case 1 -> draft.target = draft.target + Nasty.one(ENDS, random);
                case 2 -> draft.target = draft.target.replaceFirst("/", Nasty.one(BEGINNINGS, random));
                case 3 -> draft.header("X-Realm", Nasty.text(random));
                case 4 -> twice(draft);
                case 5 -> {
                    draft.headers.removeIf(header -> header.name().equals("Content-Type"));
                    draft.header("Content-Type", Nasty.one(TYPES, random));
                }
                case 6 -> draft.header(Nasty.one(HEADERS, random), Nasty.text(random));
                case 7 -> draft.chunked = true;
                default -> draft.headers.removeIf(header -> header.name().equals("Content-Type"));
            }
        }
    }

    private void twice(Draft draft) {
        var headers = new ArrayList<>(draft.headers);
        draft.headers.add(Nasty.one(headers, random));
    }
}
