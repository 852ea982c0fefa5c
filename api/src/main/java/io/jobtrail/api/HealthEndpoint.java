package io.jobtrail.api;

import io.javalin.http.Context;
import java.time.Instant;
import java.util.LinkedHashMap;

/** Whether this process lives, whether it can take work, and what is wrong. Judges nothing itself. */
final class HealthEndpoint {
    private final HealthChecks checks;
    private final boolean all;

    /** @param all whether everybody may know how many jobs there are: no key is asked for here, so that it answers whatever hangs */
    HealthEndpoint(HealthChecks checks, boolean all) {
        this.checks = checks;
        this.all = all;
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
        var found = checks.acceptance();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("status", found.up() ? "ready" : "unavailable");
        answer.put("reasons", Reason.inWords(found.reasons(), false));
        ctx.status(found.up() ? 200 : 503).json(answer);
    }

    /** {@code GET /health}: degraded and critical mean that work goes on. */
    void health(Context ctx) {
        var standing = checks.standing(all);
        ctx.status(standing.isUp() ? 200 : 503).json(standing);
    }
}
