package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jobtrail.job.QueueName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;

/** What people do with jobs in the dashboard, in a real browser against a real server, without keys as in development. */
class DashboardActionsTest {
    private static final String PROMPT = """
            {"questions": [{"name": "action", "text": "Right?", "choices": ["approve", "reject"], "required": true},
                           {"name": "feedback", "text": "Why?", "choices": [], "required": false}],
             "content": {"summary": "a short summary"}}""";

    private static RunningApi api;
    private static Browser browser;
    private static DashboardWorker worker;

    @TempDir
    private Path directory;

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

    private static String lastReason(UUID job) {
        var events = api.database.reader().history(job);
        var last = events.get(events.size() - 1);
        return last.newState() + " " + last.reason();
    }

    @Test
    void uploadIsFollowedUntilItHasFinished() throws IOException {
        var file = Files.writeString(directory.resolve("letter.txt"), "Dear reader");
        browser.open("?view=upload");
        browser.find("#files").sendKeys(file.toString());
        browser.shows("main table", "letter.txt", "Queued");
        var id = UUID.fromString(browser.query().replaceFirst(".*jobs=", ""));

        var claim = worker.claims(id);
        worker.isAt(claim, "embedding", 0.4);
        browser.shows("main table", "Running", "embedding");
        assertThat(browser.find("main table progress").getAttribute("value")).isEqualTo("40");
        browser.press("main table", id.toString().substring(0, 8));
        browser.shows("h1", "letter.txt");
        browser.shows("main", "Running", "so far");
        var digest = api.column(id, "payload->>'sha256'");
        worker.finishes(
                claim,
                "{\"summary\":\"It greets the reader.\",\"sha256\":\"%s\",\"large\":12345678901234567890}"
                        .formatted(digest));
        browser.shows("main .chip", "Finished");
        browser.shows(
                "main", "It greets the reader.", "Trail verified", "SUBMITTED", "CLAIMED", "COMPLETED", "worker-1");
        assertThat(browser.text("main")).containsOnlyOnce(digest);
        browser.press(".tabs", "Raw JSON");
        browser.shows("pre.json", "\"large\": 12345678901234567890");
        browser.press(".tabs", "Chunks");
        browser.shows("main", "There are no chunks");
        assertThat(browser.query()).contains("tab=chunks");
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void failedJobIsRetriedWithAReason() {
        var job = worker.failed("TIMEOUT", "it took too long");
        browser.open("?job=" + job);
        browser.shows(".failure", "TIMEOUT", "it took too long");
        browser.press("main", "Retry");
        browser.shows("dialog", job.toString());
        assertThat(browser.run("return document.activeElement.textContent")).isEqualTo("Keep as it is");
        browser.press("dialog", "Keep as it is");
        browser.showsNot("body", "Keep as it is");
        assertThat(api.column(job, "status")).isEqualTo("failed");

        browser.press("main", "Retry");
        browser.write("dialog textarea", "the disk is back");
        browser.press("dialog", "Retry");
        browser.shows("main .chip", "Queued");
        browser.shows("main table", "the disk is back", "api:127.0.0.1");
        assertThat(lastReason(job)).isEqualTo("queued the disk is back");
        browser.press("main", "Delete");
        browser.press("dialog", "Delete");
        browser.shows("h1", "Jobs");
        assertThat(api.column(job, "deleted_at IS NOT NULL")).isEqualTo("true");
    }

    @Test
    void selectedJobsAreActedOnAndEachResultIsShown() {
        var first = worker.failed("TIMEOUT", "slow");
        var second = worker.failed("TIMEOUT", "slow");
        var other = worker.failed("NO_TEXT", "empty");
        browser.open("?view=jobs&status=failed&error_code=TIMEOUT");
        browser.shows("main table", "TIMEOUT");
        for (var job : List.of(first, second)) {
            browser.find("[aria-label='Select job " + job + "']").click();
        }
        browser.shows(".bar", "2 selected");
        browser.shows("#updated", "paused");
        browser.press(".bar", "Retry");
        browser.shows("dialog h2", "Retry 2 jobs?");
        // One of them moves on while the question is open.
        api.database.actions().retry(first, "somebody else", null);
        browser.write("dialog textarea", "all again");
        browser.press("dialog", "Retry 2 jobs");
        browser.shows("dialog", "1 job retried, 1 not", "this one is queued");
        browser.press("dialog", "Close");
        browser.shows("main", "No job matches status:failed error:TIMEOUT");
        assertThat(lastReason(second)).isEqualTo("queued all again");
        assertThat(api.column(other, "status")).isEqualTo("failed");
    }

    @Test
    void groupOfDeadLettersIsRetriedWithItsNumber() {
        for (int i = 0; i < 3; i++) {
            worker.failed("SOURCE_UNAVAILABLE", "the bucket is away");
        }
        var other = worker.failed("NO_TEXT", "empty");
        browser.open("");
        browser.shows("main", "SOURCE_UNAVAILABLE", "4 jobs have failed for good");
        browser.press("main .problems", "→ dead letters");
        browser.shows("main table", "SOURCE_UNAVAILABLE", "3", "NO_TEXT");
        assertThat(browser.text("main [data-label=File]")).isEqualTo("–"); // they are no documents
        browser.press("main tbody tr:first-child", "Retry group");
        browser.shows("dialog h2", "Retry 3 jobs?");
        browser.press("dialog", "Retry 3 jobs");
        browser.shows("dialog", "3 jobs retried.");
        browser.press("dialog", "Close");
        browser.showsNot("main", "SOURCE_UNAVAILABLE");
        assertThat(api.database
                        .runtime()
                        .list("SELECT status FROM pipeline_jobs WHERE deleted_at IS NULL", row -> row.getString(1)))
                .containsExactlyInAnyOrder("queued", "queued", "queued", "failed");
        assertThat(api.column(other, "status")).isEqualTo("failed");
    }

    @Test
    void deadLettersAreAskedForOnlyWhenTheyHaveChanged() {
        worker.failed("TIMEOUT", "slow");
        browser.open("?view=dead");
        browser.shows("main table", "TIMEOUT");
        assertThat(asked("limit=500")).isEqualTo(1);
        long refreshes = asked("pipeline/stats");
        api.database.aJob().insert();
        Browser.soon().until(() -> asked("pipeline/stats") > refreshes);
        worker.failed("NO_TEXT", "empty");
        browser.shows("main table", "NO_TEXT");
        assertThat(asked("limit=500")).isEqualTo(2);
    }

    private static long asked(String words) {
        return (long) browser.run(
                "return performance.getEntriesByType('resource').filter(one => one.name.includes(arguments[0])).length",
                words);
    }

    @Test
    void questionIsAnswered() {
        var job = worker.asks(PROMPT);
        browser.open("?job=" + job);
        browser.shows(".prompt", "a short summary", "Right?", "Why?");
        browser.press(".prompt", "Answer");
        assertThat(api.column(job, "status")).isEqualTo("awaiting_input"); // what is required is asked for
        browser.find(".prompt input[value=approve]").click();
        browser.write(".prompt textarea", "it fits");
        browser.press(".prompt", "Answer");
        browser.shows("main .chip", "Queued");
        assertThat(lastReason(job)).isEqualTo("queued ANSWERED");
        assertThat(api.database.ask("SELECT answer::text FROM pipeline_job_prompts WHERE job_id = ?", job))
                .isEqualTo("{\"action\": \"approve\", \"feedback\": \"it fits\"}");
    }

    @Test
    void overviewSaysEachReasonOnceAndKeepsItsRows() {
        worker.failed("TIMEOUT", "slow");
        browser.open("");
        browser.shows(
                ".health",
                "Degraded: Redis ",
                ", and 1 more problem. 0 jobs run, 0 wait."); // it is new to this database
        browser.shows(".problems li:last-child", "1 job has failed for good → dead letters");
        assertThat(browser.driver.findElements(By.cssSelector(".problems li"))).hasSize(2);
        browser.run("document.querySelector('.problems li:last-child').stays = true");
        api.database.aJob().insert();
        browser.shows(".health", ", and 1 more problem. 0 jobs run, 1 waits.");
        assertThat(browser.run("return document.querySelector('.problems li:last-child').stays"))
                .isEqualTo(true);
        for (int i = 0; i < 10; i++) {
            worker.failed("TIMEOUT", "slow");
        }
        browser.shows(".health", "Critical: Redis ", ", and 1 more problem. 0 jobs run, 1 waits.");
        browser.shows(".problems li:last-child", "11 jobs have failed for good");
    }

    @Test
    void queueIsPausedAndResumed() {
        var later = Instant.now().plus(Duration.ofDays(1000));
        api.database.aJob().queue(QueueName.SLOW).dueAt(later).insert();
        browser.open("");
        browser.shows("main table tr:nth-child(3) td", "1, 1 not due yet");
        assertThat(browser.text("main table")).doesNotContain("about");
        api.database.aJob().queue(QueueName.SLOW).insert();
        browser.shows("main table", "2, 1 not due yet", "about 6.0 s");
        browser.find("[aria-label='Pause queue slow']").click();
        browser.write("dialog textarea", "disk is full");
        browser.press("dialog", "Pause");
        browser.shows("main table", "Paused", "disk is full");
        assertThat(browser.text("main table")).doesNotContain("about");
        browser.shows(".problems", "queue paused: slow");
        assertThat(api.database.store().pausedQueues()).containsExactly(QueueName.SLOW);
        browser.find("[aria-label='Resume queue slow']").click();
        browser.press("dialog", "Resume");
        browser.showsNot("main table", "Paused");
        assertThat(api.database.store().pausedQueues()).isEmpty();
    }
}
