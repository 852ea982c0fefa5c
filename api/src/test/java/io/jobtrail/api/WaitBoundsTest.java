package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What ends a wait for a job beside the job: the time that was asked for, whatever hangs, and the right to be told. */
class WaitBoundsTest {
    private static final String ADMIN = "a-key-for-the-tests";
    /** A silent connection is given up after a minute. */
    private static final Duration LESS_THAN_THE_SOCKET = Duration.ofSeconds(30);

    private static final String JOB = "{\"handler\":\"echo\"}";

    @Test
    void aWaitIsAnsweredInTimeThoughPostgresHangs() {
        try (var proxy = TcpProxy.to(TestServers.postgres().port());
                var api = RunningApi.through(proxy)) {
            var id = api.enqueue(JOB).is(202).jobId();
            var begin = System.nanoTime();
            var answer = api.later("/pipeline/status/" + id + "?wait=6");
            await().until(() -> api.metric("jobtrail_status_waiting") == 1);
            proxy.fallSilent();
            answer.join().isProblem(503, "DATABASE_UNAVAILABLE", null);
            assertThat(answer.join().header("Retry-After")).matches("\\d+");
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofSeconds(6), LESS_THAN_THE_SOCKET);

            var again = System.nanoTime();
            api.later("/pipeline/status/" + id + "?wait=1").join().is(503);
            assertThat(Duration.ofNanos(System.nanoTime() - again)).isLessThan(LESS_THAN_THE_SOCKET);
            proxy.close(); // so that nothing hangs at the end
        }
    }

    @Test
    void aWaitEndsWithTheKeyOrTheSessionThatItWasBegunWith() {
        try (var api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");
                var elsewhere = api.another("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
            var id = api.enqueue(JOB, "X-Admin-Key", ADMIN).is(202).jobId();
            var path = "/pipeline/status/" + id + "?wait=60";
            var key = api.newKey(ADMIN, "default", "read");
            var keyId = api.get("/pipeline/keys", "X-Admin-Key", ADMIN)
                    .json()
                    .at("/keys/0/id")
                    .asText();
            var cookie = elsewhere
                    .send(
                            "POST",
                            "/pipeline/session",
                            ("{\"key\":\"" + ADMIN + "\"}").getBytes(StandardCharsets.UTF_8),
                            "Content-Type",
                            "application/json")
                    .is(204)
                    .header("Set-Cookie")
                    .split(";")[0];
            var csrf = elsewhere
                    .get("/pipeline/session", "Cookie", cookie)
                    .json()
                    .path("csrf_token")
                    .asText();

            var byKey = api.later(path, "X-Api-Key", key);
            var bySession = api.later(path, "Cookie", cookie);
            var staying = api.later(path, "X-Admin-Key", ADMIN);
            await().until(() -> waiting(api) == 3);
            elsewhere
                    .send("DELETE", "/pipeline/keys/" + keyId, null, "X-Admin-Key", ADMIN)
                    .is(200);
            elsewhere
                    .send("DELETE", "/pipeline/session", null, "Cookie", cookie, "X-CSRF-Token", csrf)
                    .is(204);
            await().atMost(Duration.ofSeconds(20)).until(() -> byKey.isDone() && bySession.isDone());
            ended(byKey, "X-Api-Key");
            ended(bySession, "Cookie");
            await().until(() -> waiting(api) == 1);
            api.database.actions().cancel(id, "test", null);
            assertThat(staying.join().is(200).json().path("status").asText()).isEqualTo("cancelled");
        }
    }

    private static void ended(CompletableFuture<Answer> answer, String field) {
        var refused = answer.join().isProblem(401, "UNAUTHORIZED", field);
        assertThat(refused.header("WWW-Authenticate")).isEqualTo("Bearer");
    }

    private static double waiting(RunningApi api) {
        return api.get("/metrics", "X-Admin-Key", ADMIN)
                .text()
                .lines()
                .filter(line -> line.startsWith("jobtrail_status_waiting "))
                .mapToDouble(line -> Double.parseDouble(line.split(" ")[1]))
                .sum();
    }
}
