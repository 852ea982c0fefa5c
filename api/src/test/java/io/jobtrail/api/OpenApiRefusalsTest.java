package io.jobtrail.api;

import static io.jobtrail.api.DocumentedApi.and;
import static io.jobtrail.api.DocumentedApi.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.Together;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.server.AbstractConnector;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What each operation of the document refuses is refused by the running server with the status and the problem that are documented:
 * for want of a key, a right, a database, or for its length, type or number. The operations are taken from the
 * document, so that a new one is tried without a line here.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OpenApiRefusalsTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static final String SIGN_IN = "POST /pipeline/session";

    /** Those that this class has to bring about for each operation that lists them. */
    private static final Set<Integer> STATUSES = Set.of(400, 401, 403, 408, 411, 413, 415, 429, 503);

    @AutoClose
    private static final RunningApi api =
            RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "TRUSTED_PROXIES", "1");

    private static final DocumentedApi documented = new DocumentedApi(api);

    @Test
    void keyIsNeeded() {
        for (var operation : documented.closed()) {
            documented.refused(401, operation, documented.send(api, operation, "", null));
        }
        var body = "{\"key\":\"wrong\"}".getBytes(StandardCharsets.UTF_8);
        var headers = and(RunningApi.fromElsewhere().toArray(String[]::new), "Content-Type", "application/json");
        documented.refused(401, SIGN_IN, documented.send(api, SIGN_IN, "", body, headers));
    }

    @Test
    void rightIsTheOneThatIsDocumented() {
        for (var role : Role.ofRealms()) {
            var key = api.newKey(ADMIN, "a", role.wireName());
            for (var operation : documented.closed()) {
                // The header only keeps a stream of events from beginning.
                var answer = documented.send(api, operation, "", null, and(key(key), "Last-Event-ID", "none"));
                var needed = Right.valueOf(documented.right(operation).toUpperCase(Locale.ROOT));
                assertThat(answer.status() == 403)
                        .as("%s for %s: %s", operation, role, answer.text())
                        .isEqualTo(!role.may(needed));
            }
        }
    }

    @Test
    void realmOfTheKeyIsTheOnlyOne() {
        var key = api.newKey(ADMIN, "a", "operate");
        for (var operation : documented.closed()) {
            documented.refused(
                    403, operation, documented.send(api, operation, "", null, and(key(key), "X-Realm", "b")));
            documented.refused(
                    400, operation, documented.send(api, operation, "", null, and(key(key), "X-Realm", "no spaces")));
        }
    }

    @Test
    void requestsAreCounted() {
        var url = api.database.environmentUrl();
        var settings = new String[] {
            "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "RATE_LIMIT_PER_MINUTE", "1", "TRUSTED_PROXIES", "1"
        };
        try (var limited = RunningApi.on(api.database, url, settings)) {
            var key = api.newKey(ADMIN, "a", "operate");
            limited.get("/pipeline/session", key(key)).is(200);
            for (var operation : documented.closed()) {
                documented.refused(429, operation, documented.send(limited, operation, "", null, key(key)));
            }
            var body = "{\"key\":\"wrong\"}".getBytes(StandardCharsets.UTF_8);
            var headers = new String[] {"X-Forwarded-For", "10.9.9.9", "Content-Type", "application/json"};
            for (int i = 0; i < 20; i++) {
                documented.send(limited, SIGN_IN, "", body, headers).is(401);
            }
            documented.refused(429, SIGN_IN, documented.send(limited, SIGN_IN, "", body, headers));
        }
    }

    @Test
    void withoutPostgresNobodyIsKnown() {
        try (var proxy = TcpProxy.to(TestServers.postgres().port())) {
            var url = api.database
                    .environmentUrl()
                    .replace(":" + TestServers.postgres().port() + "/", ":" + proxy.port() + "/");
            var operations = documented.withStatus("503");
            try (var cut = RunningApi.on(api.database, url, "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
                proxy.close();
                var signIn = ("{\"key\":\"" + KnownKeys.newKey() + "\"}").getBytes(StandardCharsets.UTF_8);
                // Side by side, for each of them waits for a connection; and each with its own key, which is asked for
                // once.
                var answers = Together.run(
                        operations.size(),
                        i -> operations.get(i).equals(SIGN_IN)
                                ? documented.send(cut, SIGN_IN, "", signIn, "Content-Type", "application/json")
                                : documented.send(cut, operations.get(i), "", null, key(KnownKeys.newKey())));
                for (int i = 0; i < answers.size(); i++) {
                    documented.refused(503, operations.get(i), answers.get(i));
                }
            }
        }
    }

    @Test
    void bodyOfAnotherTypeIsRefused() {
        var malformed = "{".getBytes(StandardCharsets.UTF_8);
        documented.refused(
                400, SIGN_IN, documented.send(api, SIGN_IN, "", malformed, "Content-Type", "application/json"));
        for (var operation : documented.withStatus("415")) {
            var body = "x".getBytes(StandardCharsets.UTF_8);
            var headers = new String[] {"X-Admin-Key", ADMIN, "Content-Type", "text/plain"};
            documented.refused(415, operation, documented.send(api, operation, "", body, headers));
        }
    }

    @Test
    void bodyThatIsTooLargeIsRefusedByItsDeclaredLength() throws IOException {
        for (var operation : documented.withStatus("413")) {
            var type = typeOf(operation);
            var answer = api.raw(
                    "%s %s HTTP/1.1\r\nHost: localhost\r\nX-Admin-Key: %s\r\nContent-Type: %s\r\nContent-Length: %s\r\n\r\n"
                            .formatted(
                                    operation.split(" ")[0], documented.path(operation), ADMIN, type, "10000000000"));
            documented.refused(413, operation, Answer.parse(answer));
        }
    }

    private static String typeOf(String operation) {
        return operation.equals("POST /pipeline/batch") ? "multipart/form-data; boundary=b" : "application/json";
    }

    @Test
    void bodyThatDoesNotComeIsNotWaitedForLong() throws IOException {
        try (var impatient = RunningApi.on(
                api.database, api.database.environmentUrl(), "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
            for (var connector : impatient.server.web().getConnectors()) {
                ((AbstractConnector) connector).setIdleTimeout(200);
            }
            for (var operation : documented.withStatus("408")) {
                var answer = impatient.raw(
                        "%s %s HTTP/1.1\r\nHost: localhost\r\nX-Admin-Key: %s\r\nContent-Type: %s\r\nContent-Length: 9\r\n\r\n{"
                                .formatted(
                                        operation.split(" ")[0], documented.path(operation), ADMIN, typeOf(operation)));
                documented.refused(408, operation, Answer.parse(answer));
            }
        }
    }

    @Test
    void lengthIsNeededBeforeAnybodyIsKnown() {
        assertThat(documented.withStatus("411")).containsExactly(SIGN_IN);
        var body = "{}".getBytes(StandardCharsets.UTF_8);
        documented.refused(
                411, SIGN_IN, api.sendChunked("/pipeline/session", body, "Content-Type", "application/json"));
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void nothingIsDocumentedThatWasNotSeen() {
        assertThat(documented.document.unseen(STATUSES)).isEmpty();
    }
}
