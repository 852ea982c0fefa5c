package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a system holds before it is fuzzed: two realms with a key for each role, and in each of them jobs in several states whose
 * files, inputs and keys carry a word that stands nowhere else.
 */
final class Scene {
    static final List<String> REALMS = List.of("north", "south");
    static final List<String> ROLES = List.of("enqueue", "read", "operate");

    /** Of the jobs that each realm has: ended, asking a person, waiting. */
    static final List<String> JOBS = List.of("document", "asking", "waiting");

    static final String BATCH = "batch";
    static final String KEY = "key";

    private static final Duration TO_END = Duration.ofSeconds(60);

    private final FuzzedSystem system;
    private final StandIns standIns = new StandIns();
    private final Map<String, String> canaries = new ConcurrentHashMap<>();
    private final Map<String, String> realmOfKey = new ConcurrentHashMap<>();
    private final Set<UUID> jobs = ConcurrentHashMap.newKeySet();

    /** Returns once the jobs are as they should be. */
    Scene(FuzzedSystem system) {
        this.system = system;
        for (var realm : REALMS) {
            set(realm);
        }
        for (var realm : REALMS) {
            await(realm, "document", "finished");
            await(realm, "asking", "awaiting_input");
        }
    }

    StandIns standIns() {
        return standIns;
    }

    Judge judge() {
        return new Judge(FuzzedSystem.ADMIN_KEY, realmOfKey, canaries);
    }

    /** All that it made. */
    Set<UUID> jobs() {
        return jobs;
    }

    private void set(String realm) {
        var canary = "canary" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
        canaries.put(realm, canary);
        for (var role : ROLES) {
            var made = key(realm, role, canary);
            standIns.put(StandIns.key(realm, role), made.path("key").asText());
            realmOfKey.put(made.path("key").asText(), realm);
        }
        standIns.put(
                StandIns.id(realm, KEY), key(realm, "read", canary).path("id").asText());
        var key = standIns.replaced(StandIns.key(realm, "operate"));
        JOBS.forEach(kind -> make(realm, kind));
        var batch = json("/pipeline/enqueue/batch", "[" + input(canary) + "," + input(canary) + "]", key);
        standIns.put(StandIns.id(realm, BATCH), batch.path("batch_id").asText());
        batch.path("items")
                .forEach(item -> jobs.add(UUID.fromString(item.path("job_id").asText())));
    }

    private void make(String realm, String kind) {
        var canary = canaries.get(realm);
        var key = standIns.replaced(StandIns.key(realm, "operate"));
        if (kind.equals("waiting")) {
            job(realm, kind, json("/pipeline/enqueue", input(canary), key));
        } else {
            document(realm, kind, canary, key, Boolean.toString(kind.equals("asking")));
        }
    }

    /** Puts others in the place of jobs that were deleted or ended meanwhile, and lets queues go on that were paused. */
    void renew() {
        for (var queue : List.of("urgent", "default", "slow")) {
            json("/pipeline/queues/" + queue, "{\"action\":\"resume\"}", FuzzedSystem.ADMIN_KEY);
        }
        for (var realm : REALMS) {
            for (var kind : JOBS) {
                var state = state(realm, kind);
                boolean over = List.of("", "failed", "cancelled").contains(state)
                        || state.equals("finished") && !kind.equals("document");
                if (over) {
                    make(realm, kind);
                }
            }
        }
    }

    private static String input(String canary) {
        return "{\"handler\":\"echo\",\"input\":{\"text\":\"%s\"}}".formatted(canary);
    }

    private JsonNode key(String realm, String role, String label) {
        return json(
                "/pipeline/keys",
                "{\"realm\":\"%s\",\"role\":\"%s\",\"label\":\"%s\"}".formatted(realm, role, label),
                FuzzedSystem.ADMIN_KEY);
    }

    private void document(String realm, String kind, String canary, String key, String review) {
        var form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + canary
                + ".txt\"\r\n\r\nThis text knows " + canary + ". It is of " + realm
                + ".\r\n--b\r\nContent-Disposition: form-data; name=\"review\"\r\n\r\n" + review + "\r\n--b--\r\n";
        job(
                realm,
                kind,
                made(system.send(
                        "POST", "/pipeline/enqueue", "multipart/form-data; boundary=b", form, "X-Api-Key", key)));
    }

    private void job(String realm, String kind, JsonNode accepted) {
        var id = accepted.path("job_id").asText();
        jobs.add(UUID.fromString(id));
        standIns.put(StandIns.id(realm, kind), id);
    }

    private JsonNode json(String path, String body, String key) {
        return made(system.send("POST", path, "application/json", body, "X-Api-Key", key));
    }

    private static JsonNode made(HttpResponse<String> answer) {
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException("the scene cannot be set: " + answer.statusCode() + " " + answer.body());
        }
        return parsed(answer.body());
    }

    private void await(String realm, String kind, String state) {
        long deadline = System.nanoTime() + TO_END.toNanos();
        while (!state(realm, kind).equals(state)) {
            system.requireAlive();
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(kind + " of " + realm + " does not become " + state);
            }
            FuzzedSystem.pause(Duration.ofMillis(100));
        }
    }

    /** Empty when there is no such job any more. */
    private String state(String realm, String kind) {
        var path = "/pipeline/status/" + standIns.replaced(StandIns.id(realm, kind));
        var answer = system.send("GET", path, null, "", "X-Api-Key", FuzzedSystem.ADMIN_KEY);
        return answer.statusCode() == 200 ? parsed(answer.body()).path("status").asText() : "";
    }

    private static JsonNode parsed(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(text, e);
        }
    }
}
