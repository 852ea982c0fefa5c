package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;

/** Whether this process lives, whether it can take work, and what is wrong with what it rests on. */
final class HealthEndpoint {
    private final Database database;
    private final Redis redis;

    /** @param redis null = runs without, which is no fault */
    HealthEndpoint(Database database, Redis redis) {
        this.database = database;
        this.redis = redis;
    }

    /** {@code GET /heartbeat}: asks nobody, so that a database that is away does not get the web process restarted. */
    void heartbeat(Context ctx) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("status", "alive");
        answer.put("timestamp", Instant.now());
        ctx.json(answer);
    }

    /** {@code GET /health/ready}: 503 while no job could be accepted. */
    void ready(Context ctx) {
        var postgres = postgres();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("status", postgres == null ? "ready" : "unavailable");
        answer.put("reasons", postgres == null ? new ArrayList<>() : java.util.List.of(postgres));
        ctx.status(postgres == null ? 200 : 503).json(answer);
    }

    /** {@code GET /health}: degraded means that work goes on, with something missing. */
    void health(Context ctx) {
        var reasons = new ArrayList<String>();
        var postgres = postgres();
        var redisFault = redis == null ? null : redisFault();
        if (postgres != null) {
            reasons.add(postgres);
        }
        if (redisFault != null) {
            reasons.add(redisFault);
        }
        var checks = new LinkedHashMap<String, Object>();
        checks.put("postgres", postgres == null ? "up" : "down");
        checks.put("redis", redis == null ? "not used" : redisFault == null ? "up" : "down");
        var answer = new LinkedHashMap<String, Object>();
        answer.put("status", postgres != null ? "unavailable" : reasons.isEmpty() ? "healthy" : "degraded");
        answer.put("reasons", reasons);
        answer.put("checks", checks);
        ctx.status(postgres == null ? 200 : 503).json(answer);
    }

    private String postgres() {
        try {
            database.first("SELECT 1 FROM pipeline_queues LIMIT 1", row -> row.getInt(1));
            return null;
        } catch (DatabaseFailure e) {
            return "Postgres cannot be used, so no job is accepted: "
                    + (e.isUnavailable() ? "no connection" : "the schema is missing");
        }
    }

    private String redisFault() {
        return redis.isUsable()
                ? null
                : "Redis cannot be used: jobs go on straight from Postgres, a little later than usual";
    }
}
