package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may see and do what in the dashboard, in a real browser. The server refuses the same by itself: AccessMatrixTest. */
class DashboardSignInTest {
    private static final String ADMIN = "a-key-for-the-tests";

    private static RunningApi api;
    private static Browser browser;
    private static UUID failed;

    @BeforeAll
    static void start() {
        assumeTrue(Browser.isInstalled(), Browser.MISSING);
        api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "TRUSTED_PROXIES", "1");
        failed = new DashboardWorker(api).failed("TIMEOUT", "it took too long");
        browser = Browser.at(api);
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

    @BeforeEach
    void open() {
        browser.open("");
    }

    @AfterEach
    void forget() {
        browser.driver.manage().deleteAllCookies();
    }

    private static void signIn(String key) {
        browser.write("#key", key);
        browser.press("#sign-in", "Sign in");
    }

    @Test
    void keyIsExchangedInPlaceForASessionThatNoScriptSees() {
        browser.open("?job=" + failed);
        browser.shows("h1", "Sign in");
        signIn("a-wrong-key");
        browser.shows("#wrong", "This key is not valid");
        signIn(ADMIN);
        browser.shows("main", failed.toString(), "it took too long", "Retry");
        assertThat(browser.query()).isEqualTo("?job=" + failed);
        browser.shows("#nav", "Overview", "Jobs", "Dead letters", "Workers", "Upload");
        assertThat(browser.run("return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
                        .toString())
                .doesNotContain("jobtrail_session", ADMIN);
        browser.press("#who", "Sign out");
        browser.shows("h1", "Sign in");
        assertThat(browser.text("main")).doesNotContain("it took too long");
        browser.open("");
        browser.shows("h1", "Sign in");
    }

    @Test
    void whoReadsIsOfferedNothingElse() {
        signIn(api.newKey(ADMIN, "default", "read"));
        browser.shows("main", "Last failures", "TIMEOUT");
        browser.shows("#who", "read of default");
        assertThat(browser.text("#nav"))
                .contains("Overview", "Jobs", "Dead letters")
                .doesNotContain("Workers", "Upload");
        assertThat(browser.text("main")).doesNotContain("Pause");
        browser.press("#nav", "Dead letters");
        browser.shows("main table", "TIMEOUT");
        assertThat(browser.text("main")).doesNotContain("Retry");
        browser.press("#nav", "Jobs");
        browser.shows("main table", "TIMEOUT");
        assertThat(browser.run("return document.querySelectorAll('main input[type=checkbox]').length"))
                .isEqualTo(0L);
        browser.open("?job=" + failed);
        browser.shows("main", "it took too long", "Trail verified", "Copy id");
        assertThat(browser.text("main")).doesNotContain("Retry", "Cancel", "Delete");
        browser.open("?view=workers");
        browser.shows("main", "Your key has the role read, which may not see this.");
        assertThat(browser.complaints()).filteredOn(one -> !one.contains("401")).isEmpty();
    }

    @Test
    void whoOperatesActsWithTheTokenOfTheSession() {
        var job = new DashboardWorker(api).failed("NO_TEXT", "there is no text");
        var key = api.newKey(ADMIN, "default", "operate");
        signIn(key);
        browser.shows("main", "Last failures");
        browser.open("?job=" + job);
        browser.press("main", "Retry");
        signInInAnotherTab(key); // with another token
        browser.press("dialog", "Retry");
        browser.shows("main .chip", "Queued");
        assertThat(api.column(job, "status")).isEqualTo("queued");
        browser.complaints(); // of the old token
    }

    @Test
    void whatOneAgreedToIsNotDoneAsAnother() {
        var job = new DashboardWorker(api).failed("NO_TEXT", "there is no text");
        signIn(api.newKey(ADMIN, "default", "operate"));
        browser.shows("main", "Last failures");
        browser.open("?job=" + job);
        browser.press("main", "Delete");
        browser.shows("dialog", "Delete this job?");
        signInInAnotherTab(ADMIN);
        browser.press("dialog", "Delete");
        browser.shows("dialog", "Somebody else has signed in", "This was not done", "admin");
        browser.shows("#who", "admin");
        browser.press("dialog", "Close");
        browser.shows("main .chip", "Failed");
        assertThat(api.column(job, "deleted_at IS NULL")).isEqualTo("true");
        browser.complaints(); // of the old token
    }

    /** They share the cookie. */
    private static void signInInAnotherTab(String key) {
        assertThat(browser.run(
                        "return fetch('pipeline/session', {method: 'POST', headers: {'Content-Type': 'application/json'},"
                                + " body: JSON.stringify({key: arguments[0]})}).then(answer => answer.status)",
                        key))
                .isEqualTo(204L);
    }

    @Test
    void whoSendsOnlySendsAndFollows() {
        signIn(api.newKey(ADMIN, "default", "enqueue"));
        browser.shows("h1", "Upload");
        assertThat(browser.text("#nav").strip()).isEqualTo("Upload");
        browser.open("?job=" + failed);
        browser.shows("main", "it took too long", "may not read its trail");
        browser.open("?view=jobs");
        browser.shows("main", "which may not see this");
    }

    @Test
    void sessionThatEndsAsksForAKeyAgain() {
        signIn(api.newKey(ADMIN, "default", "read"));
        browser.shows("main", "Last failures");
        browser.driver.manage().deleteAllCookies();
        browser.press("#nav", "Jobs");
        browser.shows("#sign-in", "The session has ended");
        assertThat(browser.text("body")).doesNotContain("TIMEOUT");
        signIn(api.newKey(ADMIN, "default", "read"));
        browser.shows("main table", "TIMEOUT");
        assertThat(browser.query()).isEqualTo("?view=jobs");
    }
}
