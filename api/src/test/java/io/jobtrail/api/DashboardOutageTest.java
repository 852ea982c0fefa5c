package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The dashboard where something is missing or stands between: the database, the stream of events, a proxy with a prefix. */
class DashboardOutageTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static final String PREFIX = "/tools/jobs";

    @BeforeAll
    static void needsABrowser() {
        assumeTrue(Browser.isInstalled(), Browser.MISSING);
    }

    /** No event tells of it. */
    @Test
    void withoutPostgresWhatWasShownStaysWithWhatIsWrong() {
        try (var proxy = TcpProxy.to(TestServers.postgres().port());
                var api = RunningApi.through(proxy);
                var browser = Browser.at(api)) {
            new DashboardWorker(api).failed("TIMEOUT", "slow");
            browser.open("?view=jobs");
            browser.shows("main tbody", "TIMEOUT");
            proxy.close();
            proxy.cut(true);
            browser.shows("#banner", "The database cannot be used", "Request ", "Try again");
            assertThat(browser.text("main tbody")).contains("TIMEOUT");
        }
    }

    /** Where no events can be had it asks at intervals. */
    @Test
    void itWorksBehindAnyPrefix() throws IOException {
        try (var api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
            var worker = new DashboardWorker(api);
            var job = worker.failed("TIMEOUT", "slow");
            var proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            var threads = Executors.newFixedThreadPool(8);
            proxy.setExecutor(threads);
            proxy.createContext("/", exchange -> passOn(api, exchange));
            proxy.start();
            try (var browser =
                    Browser.at("http://127.0.0.1:" + proxy.getAddress().getPort() + PREFIX + "/")) {
                browser.open("");
                browser.write("#key", ADMIN);
                browser.press("#sign-in", "Sign in");
                browser.shows("main", "Last failures", "TIMEOUT");
                browser.press("#nav", "Jobs");
                browser.press("main tbody", job.toString().substring(0, 8));
                browser.press("main", "Retry");
                browser.press("dialog", "Retry");
                browser.shows("main .chip", "Queued");
                worker.finishes(worker.claims(job), "{}");
                browser.shows("main .chip", "Finished");
                assertThat(browser.driver.getCurrentUrl()).contains(PREFIX + "/?job=" + job);
            } finally {
                proxy.stop(0);
                threads.shutdownNow();
            }
        }
    }

    /** Only what is below the prefix; and no streams, which it would hold back for ever. */
    private static void passOn(RunningApi api, HttpExchange exchange) throws IOException {
        var asked = exchange.getRequestURI().toString();
        if (!asked.startsWith(PREFIX + "/") || asked.contains("/events")) {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
            return;
        }
        var headers = new ArrayList<String>();
        for (var name : Set.of("Cookie", "X-CSRF-Token", "Content-Type", "Accept")) {
            var value = exchange.getRequestHeaders().getFirst(name);
            if (value != null) {
                headers.addAll(List.of(name, value));
            }
        }
        var body = exchange.getRequestBody().readAllBytes();
        var answer = api.send(
                exchange.getRequestMethod(),
                asked.substring(PREFIX.length()),
                body.length == 0 ? null : body,
                headers.toArray(String[]::new));
        for (var name : List.of("Content-Type", "Set-Cookie", "Content-Security-Policy", "ETag")) {
            if (answer.header(name) != null) {
                exchange.getResponseHeaders().set(name, answer.header(name));
            }
        }
        exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
        exchange.getResponseBody().write(answer.body());
        exchange.close();
    }
}
