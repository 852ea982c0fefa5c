package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jobtrail.job.QueueName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** Finding one's way in the dashboard: addresses, pages, keys, what moves and what must not, and that it can be read by everybody. */
class DashboardNavigationTest {
    /**
     * What can be read badly or not at all: what lies out of sight, texts with less contrast than WCAG AA asks for, against the nearest
     * ground that is not transparent, chips of two lines, and names that break elsewhere than between their words.
     */
    private static final String FAULTS = """
            const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
              return .2126 * r + .7152 * g + .0722 * b; };
            const parts = c => c.match(/[\\d.]+/g).map(Number);
            const ground = e => { for (; e; e = e.parentElement) {
              const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); }
              return [255, 255, 255]; };
            const lines = n => { const range = new Range(); range.selectNodeContents(n);
              return new Set([...range.getClientRects()].map(one => one.top)).size; };
            const all = document.documentElement;
            const pale = [...document.querySelectorAll('body *')]
              .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length)
              .filter(e => { const [a, b] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(ground(e))];
                return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5; })
              .map(e => 'pale: ' + e.outerHTML.slice(0, 100));
            const broken = [...document.querySelectorAll('main *')].flatMap(e => [...e.childNodes])
              .filter(n => n.nodeType === 3 && (/^[A-Z_]+$/.test(n.data) || n.parentElement.matches('.chip')) && lines(n) > 1)
              .map(n => 'broken: ' + n.data);
            return [...(all.scrollWidth > all.clientWidth ? ['too wide'] : []), ...pale, ...broken];""";

    private static RunningApi api;
    private static Browser browser;
    private static DashboardWorker worker;

    @BeforeAll
    static void start() {
        assumeTrue(Browser.isInstalled(), Browser.MISSING);
        api = RunningApi.start("LEASE_SECONDS", "86400"); // its workers here give one sign of life
        worker = new DashboardWorker(api);
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
    void forget() {
        browser.leave();
        api.database.asOwner("SELECT delete_job(id) FROM pipeline_jobs WHERE deleted_at IS NULL");
    }

    @Test
    void newJobsWaitUntilTheyAreCalledForAndFocusStays() {
        var job = api.database.aJob().insert();
        browser.open("?view=jobs");
        browser.find("main tbody th a").sendKeys(Keys.SHIFT); // has the focus now
        var next = api.database.aJob().insert();
        browser.shows("button.new", "Show 1 new job");
        var claim = worker.claims(job);
        browser.shows("main tbody", "Running");
        assertThat(browser.run("return document.activeElement.title")).isEqualTo(job.toString());
        assertThat(browser.text("main tbody")).doesNotContain(next.toString().substring(32));
        browser.press("main", "Show 1 new job");
        browser.shows("main tbody", next.toString().substring(32));
        api.database.store().giveBack(claim, "WORKER_SHUTDOWN");
        browser.showsNot("main tbody", "Running");
        assertThat(browser.text("button.new")).isEmpty();
    }

    @Test
    void addressesAreViewsAndBackLeadsBack() {
        worker.failed("TIMEOUT", "slow");
        var waiting =
                api.database.aJob().queue(QueueName.SLOW).input(Map.of("a", 1)).insert();
        browser.open("");
        browser.find("#refresh option[value=off]").click(); // only what is asked for by hand
        browser.press(".cards", "1");
        browser.shows("h1", "Jobs");
        var queued = browser.query();
        browser.shows("main tbody", "Queued", "slow");
        browser.showsNot("main tbody", "Failed");
        browser.write("#search", "status:failed error:TIMEOUT");
        browser.enter();
        browser.shows("main tbody", "Failed");
        assertThat(browser.query()).isEqualTo("?view=jobs&status=failed&error_code=TIMEOUT");
        browser.driver.navigate().back();
        browser.shows("main tbody", "Queued");
        assertThat(browser.query()).isEqualTo(queued);
        assertThat(browser.find("#search").getAttribute("value")).isEqualTo("status:queued");
        browser.driver.navigate().back();
        browser.shows("h1", "Overview");
        browser.driver.navigate().forward();
        browser.shows("main tbody", "Queued");
        var seen = browser.text("main tbody").replaceAll("\\d+ s", "");
        browser.driver.navigate().refresh();
        browser.shows("main tbody", "Queued");
        assertThat(browser.text("main tbody").replaceAll("\\d+ s", "")).isEqualTo(seen);
        browser.write("#search", waiting.toString());
        browser.shows("h1", "Job " + waiting.toString().substring(0, 13));
        assertThat(browser.query()).isEqualTo("?job=" + waiting);
    }

    @Test
    void pagesFollowEachOtherBothWays() {
        for (int i = 0; i < 110; i++) {
            api.database.aJob().insert();
        }
        browser.open("?view=jobs");
        hasRows(50);
        browser.press(".pages", "Next");
        browser.shows(".pages", "Previous", "Newest");
        hasRows(50);
        var second = browser.query();
        browser.press(".pages", "Next");
        hasRows(10);
        browser.press(".pages", "Previous");
        hasRows(50);
        assertThat(browser.query()).isEqualTo(second);
        browser.press(".pages", "Previous");
        browser.showsNot(".pages", "Previous");
        assertThat(browser.query()).isEqualTo("?view=jobs");
        // Who was only given the address of a page has no way that he came.
        browser.open(second);
        browser.shows(".pages", "Newest");
        assertThat(browser.text(".pages")).doesNotContain("Previous");
    }

    private static void hasRows(long expected) {
        Browser.soon()
                .until(() -> browser.run("return document.querySelectorAll('main tbody tr').length")
                        .equals(expected));
    }

    @Test
    void keysSpareTheMouse() {
        worker.failed("TIMEOUT", "slow");
        worker.failed("TIMEOUT", "slow");
        var newest = worker.failed("NO_TEXT", "empty");
        browser.open("");
        browser.shows("h1", "Overview");
        browser.type("gj");
        browser.shows("main tbody", "TIMEOUT");
        browser.type("jjk");
        assertThat(browser.run("return document.activeElement.title")).isEqualTo(newest.toString());
        browser.type("x");
        browser.shows(".bar", "1 selected");
        browser.type("/");
        browser.type("gd"); // in a field these are letters
        assertThat(browser.find("#search").getAttribute("value")).isEqualTo("gd");
        browser.type(Keys.TAB);
        browser.run("document.activeElement.blur()");
        browser.type("?");
        browser.shows("dialog", "Next and previous row");
        browser.type(Keys.ESCAPE);
        browser.showsNot("body", "Next and previous row");
        browser.type("jj");
        browser.enter();
        browser.shows("h1", "Job");
        worker.othersEnd();
        browser.type("gw");
        browser.shows("main tbody tr.alive", "worker-1", "Alive");
        browser.shows("main tbody tr.lost", "lost-1", "Lost not heard of for ");
        browser.shows("main tbody tr.stopped", "stopped-1", "Stopped signed off ");
    }

    @Test
    void whatCannotBeAskedLeavesWhatWasShown() {
        worker.failed("TIMEOUT", "slow");
        browser.open("?view=jobs");
        browser.shows("main tbody", "TIMEOUT");
        browser.write("#search", "batch:nonsense");
        browser.enter();
        browser.shows("#banner", "The id is not a UUID", "Request ", "Try again");
        browser.driver.navigate().back();
        browser.shows("main tbody", "TIMEOUT");
        browser.showsNot("#banner", "UUID");
    }

    /** Light and dark, wide and narrow: names for all that can be used, one heading, enough contrast, nothing out of sight. */
    @Test
    void everyViewCanBeReadByEverybody() {
        var failed = worker.failed(
                "A_CODE_THAT_IS_SO_LONG_THAT_IT_HAS_TO_BE_BROKEN_SOMEWHERE_IN_THE_MIDDLE", "x".repeat(500));
        var asking = worker.asks("{\"questions\": [{\"name\": \"a\", \"text\": \"Right?\"}], \"content\": {}}");
        worker.isAt(api.database.aJob().claimedBy("worker-1"), "embedding", 0.5);
        var views = List.of(
                "",
                "?view=jobs&status=failed",
                "?view=dead",
                "?view=workers",
                "?view=upload",
                "?job=" + failed,
                "?job=" + asking);
        for (var view : views) {
            browser.open(view);
            browser.shows("#updated", "updated");
            for (int width : new int[] {1280, 1030, 800, 320}) {
                for (var scheme : List.of("light", "dark")) {
                    browser.looksLike(width, scheme);
                    assertThat((List<?>) browser.run(FAULTS))
                            .as("%s at %d, %s", view, width, scheme)
                            .isEmpty();
                }
            }
            assertThat(browser.driver.findElements(By.cssSelector("h1")))
                    .as(view)
                    .hasSize(1);
            assertThat(browser.names(
                            "button", "link", "combobox", "textbox", "searchbox", "spinbutton", "checkbox", "radio"))
                    .as(view)
                    .hasSizeGreaterThan(6)
                    .doesNotContain("");
            assertThat(browser.names("navigation", "table", "progressbar"))
                    .as(view)
                    .contains("Views")
                    .doesNotContain("");
        }
        browser.looksLike(1280, "light");
    }
}
