package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jobtrail.config.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever strangers put into names, errors, results, questions and reasons is text in every view, and runs nowhere. */
class DashboardHostileTest {
    private static final String IMAGE = "<img src=x onerror=hit=1>";
    private static final String SCRIPT = "</pre><script>hit=1</script><svg/onload=hit=1>";

    private static RunningApi api;
    private static Browser browser;
    private static UUID failed;
    private static UUID asking;
    private static UUID finished;

    @BeforeAll
    static void start() {
        assumeTrue(Browser.isInstalled(), Browser.MISSING);
        api = RunningApi.start("LEASE_SECONDS", "86400"); // its workers here give one sign of life
        var worker = new DashboardWorker(api);
        finished = uploaded();
        var hostile = Map.of("summary", SCRIPT, IMAGE, Map.of("x", SCRIPT), "title", "javascript:hit=1");
        worker.finishes(worker.claims(finished), Json.forDatabase(hostile));
        failed = uploaded();
        api.database.store().fail(worker.claims(failed), IMAGE, SCRIPT, true, Duration.ZERO);
        api.database.actions().retry(failed, IMAGE, SCRIPT);
        api.database.store().fail(worker.claims(failed), IMAGE, SCRIPT, true, Duration.ZERO);
        var question = Map.of("name", "a", "text", IMAGE, "choices", List.of(SCRIPT), "required", true);
        asking =
                worker.asks(Json.forDatabase(Map.of("questions", List.of(question), "content", Map.of(IMAGE, SCRIPT))));
        api.send(
                        "POST",
                        "/pipeline/queues/slow",
                        Json.forDatabase(Map.of("action", "pause", "reason", IMAGE))
                                .getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json")
                .is(200);
        browser = Browser.at(api);
    }

    private static UUID uploaded() {
        return api.upload(Form.of(IMAGE + ".txt", "text".getBytes(StandardCharsets.UTF_8)))
                .is(202)
                .jobId();
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        if (api != null) {
            api.close();
        }
    }

    private static void showsAsText(String address, String... words) {
        browser.open(address);
        browser.shows("main", words);
        assertThat(browser.run("return window.hit")).as(address).isEqualTo(0L);
        assertThat(browser.run("return document.querySelectorAll('img, svg, body script').length"))
                .as(address)
                .isEqualTo(0L);
        assertThat(browser.complaints()).as(address).isEmpty();
    }

    @Test
    void nothingOfItIsMarkupInAnyView() {
        showsAsText("", "Last failures", IMAGE, SCRIPT);
        showsAsText("?view=jobs", IMAGE + ".txt");
        showsAsText("?view=dead", IMAGE, SCRIPT);
        showsAsText("?view=workers", "worker-1");
        showsAsText("?view=upload", "Drop documents here");
        showsAsText("?job=" + failed, IMAGE + ".txt", SCRIPT, "Trail verified");
        showsAsText("?job=" + asking, IMAGE, SCRIPT, "A person is asked");
        showsAsText("?job=" + finished, SCRIPT, "javascript:hit=1");
        showsAsText("?job=" + finished + "&tab=json", SCRIPT);
        showsAsText("?job=" + finished + "&tab=chunks", "There are no chunks");
        showsAsText("?view=upload&jobs=" + finished, IMAGE + ".txt");
        showsAsText("?view=nothing", "Queues");
    }

    /** What stands in the address was written by whoever made the link. */
    @Test
    void addressIsTextToo() {
        browser.open(
                "?view=jobs&q=%3Cimg%20src%3Dx%20onerror%3Dhit%3D1%3E&handler=%22%3E%3Cscript%3Ehit%3D1%3C/script%3E");
        browser.shows("main", "No job matches", IMAGE);
        browser.open("?job=%3Cimg%20src%3Dx%20onerror%3Dhit%3D1%3E");
        browser.shows("h1", "<img src=x on");
        assertThat(browser.run("return window.hit")).isEqualTo(0L);
        browser.complaints(); // that there is no such job
    }

    /** What would happen if somebody forgot: the browser refuses to read markup out of text. */
    @Test
    void policyForbidsMarkupFromText() {
        browser.open("");
        browser.shows("h1", "Overview");
        assertThat(browser.run("try { document.body.innerHTML = '<p>'; return 'read' } catch (e) { return e.name }"))
                .isEqualTo("TypeError");
        browser.complaints();
    }
}
