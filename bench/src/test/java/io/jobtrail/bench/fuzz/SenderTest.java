package io.jobtrail.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.bench.fuzz.Violation.Rule;
import io.jobtrail.config.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests are thrown at a server that does everything wrong: all of it is found, and can be sent again. */
class SenderTest {
    private static final Path DOCUMENT = Path.of("..", "api", "src", "main", "resources", "openapi.json");
    private static final String FAILS =
            "java.lang.NullPointerException\n\tat io.jobtrail.api.Routes.go(Routes.java:1)\n";

    @TempDir
    private Path directory;

    private final Judge judge = new Judge(FuzzedSystem.ADMIN_KEY, Map.of(), Map.of("north", "canary"));
    private ApiDocument document;
    private ServerSocket server;

    @BeforeEach
    void start() throws IOException {
        document = new ApiDocument(Json.MAPPER.readTree(DOCUMENT.toFile()));
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        new Thread(this::serve, "server").start();
    }

    private void serve() {
        var body = FAILS + "canary";
        var answer = "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        while (!server.isClosed()) {
            try (var caller = server.accept()) {
                caller.getInputStream().read();
                caller.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                caller.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // the test is over, or the caller left
            }
        }
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private Sender sender(long seed) {
        return new Sender(document, new StandIns(), server.getLocalPort(), seed);
    }

    @Test
    void aServerThatDoesEverythingWrongIsFoundOut() throws IOException {
        var findings = new Findings(directory);
        var rules = new HashSet<Rule>();
        var operations = new HashSet<String>();
        try (var sender = sender(1)) {
            for (int i = 0; i < 800; i++) {
                var exchange = sender.next();
                operations.add(exchange.operation());
                for (var violation : judge.judge(exchange)) {
                    rules.add(violation.rule());
                    findings.add(violation, exchange.operation(), sender.made());
                }
            }
            assertThat(rules)
                    .contains(
                            Rule.SERVER_ERROR,
                            Rule.NO_PROBLEM,
                            Rule.INNER_WORDS,
                            Rule.FOREIGN_REALM,
                            Rule.MISSING_HEADER);
            assertThat(operations)
                    .containsExactlyInAnyOrderElementsOf(
                            document.operations().stream().map(Operation::name).toList());
            assertThat(findings.isEmpty()).isFalse();
            assertThat(findings.toString()).contains("SERVER_ERROR: 500 java.lang.NullPointerException");
            Path kept;
            try (var files = Files.list(directory)) {
                kept = files.filter(file -> file.toString().contains("server_error"))
                        .findFirst()
                        .orElseThrow();
            }
            assertThat(judge.judge(sender.again("again", Files.readAllBytes(kept))))
                    .extracting(Violation::rule)
                    .contains(Rule.SERVER_ERROR);
        }
    }

    @Test
    void requestsAreMadeOfTheSeedAlone() {
        assertThat(made(7)).isEqualTo(made(7)).isNotEqualTo(made(8));
    }

    private List<String> made(long seed) {
        var made = new ArrayList<String>();
        try (var sender = sender(seed)) {
            for (int i = 0; i < 100; i++) {
                sender.next();
                made.add(new String(sender.made(), StandardCharsets.ISO_8859_1));
            }
        }
        return made;
    }

    @Test
    void standInsLeaveTheLengthAsItIs() {
        var standIns = new StandIns();
        var real = "jtk_" + "ab".repeat(32);
        standIns.put(StandIns.key("north", "read"), real);
        var request = "X-Api-Key: " + StandIns.key("north", "read") + "\r\n\r\n\u00ff\0";
        assertThat(new String(
                        standIns.replaced(request.getBytes(StandardCharsets.ISO_8859_1)), StandardCharsets.ISO_8859_1))
                .isEqualTo("X-Api-Key: " + real + "\r\n\r\n\u00ff\0");
    }
}
