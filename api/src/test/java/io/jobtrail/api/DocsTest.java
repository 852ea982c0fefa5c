package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page that shows the document comes whole from this server, and may run nothing but its own script. */
class DocsTest {
    private static final List<String> FILES = List.of("/docs", "/docs/docs.js", "/docs/docs.css");

    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", "a-key-for-the-tests", "HOST", "127.0.0.1");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @Test
    void pageRunsItsOwnScriptOnly() {
        var page = api.get("/docs").is(200);
        assertThat(page.header("Content-Type")).isEqualToIgnoringWhitespace("text/html;charset=utf-8");
        assertThat(page.header("Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
                .contains("frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'")
                .doesNotContain("unsafe");
        // What that policy would refuse, so that nobody notices only in a browser.
        assertThat(page.text())
                .doesNotContainPattern("<script(?![^>]* src=)")
                .doesNotContainPattern("<style|\\sstyle=|\\son[a-z]+=|javascript:");
        assertThat(page.text()).contains("src=\"/docs/docs.js\"", "href=\"/docs/docs.css\"", "lang=\"en\"");
        assertThat(api.get("/docs/docs.js").is(200).header("Content-Type")).startsWith("text/javascript");
        assertThat(api.get("/docs/docs.css").is(200).header("Content-Type")).startsWith("text/css");
    }

    /** Whatever got into the document is text: nothing of it is ever read as HTML. */
    @Test
    void scriptWritesTextOnly() {
        assertThat(api.get("/docs/docs.js").is(200).text())
                .doesNotContainPattern("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|Function\\(");
    }

    @Test
    void nothingComesFromElsewhere() {
        for (var file : FILES) {
            assertThat(api.get(file).is(200).text()).as(file).doesNotContainPattern("(https?:)?//[a-z0-9]+\\.[a-z]");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/openapi.json", "/docs", "/docs/docs.js", "/docs/docs.css"})
    void whatTheCallerHasIsNotSentAgain(String path) {
        var first = api.get(path).is(200);
        assertThat(first.header("Cache-Control")).isEqualTo("no-cache");
        assertThat(api.get(path, "If-None-Match", first.header("ETag")).is(304).body())
                .isEmpty();
        api.get(path, "If-None-Match", "\"other\"").is(200);
    }
}
