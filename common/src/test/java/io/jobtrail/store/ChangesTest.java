package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobIds;
import io.jobtrail.store.Changes.Change;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangesTest {
    private static final int MANY = 1_000;

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final Changes changes = database.changes();
    private ChangePosition position = changes.now();

    /** Everything that is new, a few statements at a time. */
    private List<Change> news(int statements) {
        var all = new ArrayList<Change>();
        Changes.Page page;
        do {
            page = changes.since(position, null, statements);
            assertThat(page.lost()).isFalse();
            all.addAll(page.changes());
            position = page.next();
        } while (page.more());
        return all;
    }

    private List<String> news() {
        return names(news(MANY));
    }

    private static List<String> names(List<Change> changes) {
        return changes.stream().map(change -> change.job() + " " + change.seq()).toList();
    }

    private Connection transaction() throws SQLException {
        var connection = database.connect();
        connection.setAutoCommit(false);
        return connection;
    }

    @Test
    void whatCommitsLateIsToldThenAndOnce() throws SQLException {
        var late = database.aJob().insert();
        var other = database.aJob().insert();
        assertThat(news()).containsExactly(late + " 1", other + " 1");
        try (var connection = transaction()) {
            Database.update(connection, "UPDATE pipeline_jobs SET status = 'cancelled' WHERE id = ?", late);
            database.actions().cancel(other, "test", null);
            assertThat(news()).containsExactly(other + " 2");
            assertThat(news()).isEmpty();
            connection.commit();
        }
        assertThat(news()).containsExactly(late + " 2");
        assertThat(news()).isEmpty();
    }

    @Test
    void transactionOfSomebodyElseThatStaysOpenHoldsNothingUp() throws SQLException {
        try (var connection = transaction()) {
            Database.list(connection, "SELECT pg_current_xact_id()::text", row -> row.getString(1));
            for (int i = 0; i < 5; i++) {
                var job = database.aJob().insert();
                assertThat(news()).containsExactly(job + " 1");
            }
        }
        assertThat(news()).isEmpty();
    }

    @Test
    void whatIsRolledBackIsNeverTold() throws SQLException {
        var job = database.aJob().insert();
        news();
        try (var connection = transaction()) {
            Database.update(connection, "UPDATE pipeline_jobs SET status = 'cancelled' WHERE id = ?", job);
            assertThat(news()).isEmpty();
            connection.rollback();
        }
        assertThat(news()).isEmpty();
    }

    /** The one who changes it later has begun earlier, so that numbers of transactions say the opposite. */
    @Test
    void changesOfOneJobAreToldInTheirOrder() throws SQLException {
        var job = database.aJob().insert();
        news();
        try (var connection = transaction()) {
            Database.list(connection, "SELECT pg_current_xact_id()::text", row -> row.getString(1));
            database.actions().cancel(job, "test", null);
            Database.update(connection, "UPDATE pipeline_jobs SET status = 'queued' WHERE id = ?", job);
            connection.commit();
        }
        assertThat(news()).containsExactly(job + " 2", job + " 3");
    }

    @Test
    void concurrentCommitsAreAllToldOnce() {
        var told = Together.run(7, number -> {
            if (number > 0) {
                commitInAllWays();
                return List.<Change>of();
            }
            var heard = new ArrayList<Change>();
            for (int quiet = 0; quiet < 200; ) {
                var some = news(ThreadLocalRandom.current().nextInt(1, 5));
                quiet = some.isEmpty() ? quiet + 1 : 0;
                heard.addAll(some);
            }
            return heard;
        });
        var heard = new ArrayList<>(told.get(0));
        heard.addAll(news(MANY));
        assertThat(names(heard)).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(events());
        var last = new HashMap<UUID, Integer>();
        heard.forEach(change -> assertThat(change.seq()).isEqualTo(last.merge(change.job(), 1, Integer::sum)));
    }

    private List<String> events() {
        return database.runtime().list("SELECT job_id || ' ' || seq FROM pipeline_job_events", row -> row.getString(1));
    }

    /** Several statements in each, on jobs that others change too, some held open, some given up. */
    private void commitInAllWays() {
        var random = ThreadLocalRandom.current();
        for (int i = 0; i < 40; i++) {
            try (var connection = transaction()) {
                for (int statement = random.nextInt(1, 4); statement > 0; statement--) {
                    Database.list(
                            connection,
                            "SELECT enqueue_job('process_document') FROM generate_series(1, ?)",
                            row -> row.getObject(1),
                            random.nextInt(1, 4));
                    Database.update(connection, """
                            UPDATE pipeline_jobs SET status = CASE status WHEN 'queued' THEN 'cancelled' ELSE 'queued' END
                            WHERE id IN (SELECT id FROM pipeline_jobs WHERE status IN ('queued', 'cancelled')
                                         ORDER BY random() LIMIT 3 FOR UPDATE SKIP LOCKED)""");
                    Database.list(
                            connection,
                            "SELECT pg_sleep(?)",
                            row -> row.getObject(1),
                            random.nextInt(4) == 0 ? 0.02 : 0.0);
                }
                if (random.nextInt(5) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void whoHasSeenAPartOfAStatementGoesOnWithTheRest() {
        var jobs = java.util.stream.Stream.generate(database.aJob()::asked)
                .limit(1_200)
                .toList();
        database.store().enqueue(jobs);
        database.aJob().insert();
        var start = position;
        var all = news(MANY);
        assertThat(all).hasSize(1_201);
        for (int seen : new int[] {0, 1, 498, 499, 500, 501, 1_198, 1_199, 1_200}) {
            position = ChangePosition.parse(all.get(seen).at().text()).orElseThrow();
            assertThat(names(news(1))).containsExactlyElementsOf(names(all.subList(seen + 1, all.size())));
        }
        position = start;
        assertThat(names(news(1))).isEqualTo(names(all));
    }

    @Test
    void muchComesInPiecesThatFitTogether() {
        var expected = new ArrayList<String>();
        for (int mark = 0; mark < 4; mark++) {
            for (int i = 0; i < 3; i++) {
                expected.add(database.aJob().insert() + " 1");
            }
            changes.trim();
        }
        var start = position;
        assertThat(changes.since(start, null, MANY).changes()).hasSizeLessThan(12);
        assertThat(names(news(MANY))).isEqualTo(expected);
        position = start;
        assertThat(names(news(2))).isEqualTo(expected);
    }

    @Test
    void whatHasBeenVisibleForLongIsTakenAwayAndWhoComesLaterIsTold() throws SQLException {
        var old = position;
        var job = database.aJob().insert();
        try (var connection = transaction()) {
            Database.update(connection, "UPDATE pipeline_jobs SET status = 'cancelled' WHERE id = ?", job);
            trimAllBut("0 seconds");
            trimAllBut("0 seconds");
            assertThat(changes.since(old, null, MANY).lost()).isTrue();
            position = changes.now();
            connection.commit();
        }
        trimAllBut("1 hour");
        assertThat(changes.since(position, null, MANY).lost()).isFalse();
        assertThat(news()).as("written before, but visible only now").containsExactly(job + " 2");
    }

    private void trimAllBut(String keep) {
        database.asOwner("SELECT trim_changes('" + keep + "')");
    }

    @Test
    void positionOfAnotherServerIsLost() {
        var other = ChangePosition.parse("900000000000:900000000000:").orElseThrow();
        assertThat(changes.since(other, null, MANY).lost()).isTrue();
        database.asOwner("INSERT INTO pipeline_changes (xid, job_ids, seqs) VALUES ('900000000000', '{" + JobIds.next()
                + "}', '{1}')");
        assertThat(news()).isEmpty();
        trimAllBut("1 hour");
        assertThat(database.ask("SELECT count(*) FROM pipeline_changes")).isEqualTo(0L);
    }

    @Test
    void hiddenAndPurgedJobsAreNamedWithoutAnEvent() {
        var job = database.aJob().madeDaysAgo(9).claimedBy("w");
        database.store().complete(job, null);
        news();
        database.actions().act(JobAction.DELETE, List.of(job.id()), "test", null);
        assertThat(news()).containsExactly(job.id() + " 0");
        database.age(9, job.id());
        news();
        database.asOwner("SELECT purge_jobs('1 day')");
        assertThat(news()).contains(job.id() + " 0");
    }

    @Test
    void eventsTellWhatTheTrailTells() {
        var claim = database.aJob().realm("acme").claimedBy("w");
        database.store().fail(claim, "BOOM", "went wrong", false, Duration.ofHours(1));
        database.aJob().realm("other").insert();
        var page = changes.since(position, null, MANY);
        var events = changes.events(page.changes(), List.of("acme"));
        assertThat(events).extracting(Changes.Event::newState).containsExactly("queued", "running", "retrying");
        assertThat(events).extracting(Changes.Event::errorCode).containsExactly(null, null, "BOOM");
        assertThat(events).extracting(Changes.Event::realm).containsOnly("acme");
        assertThat(events.get(2).previousState()).isEqualTo("running");
        assertThat(events.get(2).actor()).isEqualTo("worker:w");
        assertThat(events.get(2).attempt()).isEqualTo(1);
        assertThat(changes.events(page.changes(), null)).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "1:2",
                "0:5:",
                "5:4:",
                "1:5:5",
                "1:5:0",
                "1:5:3,2",
                "1:5:2,2",
                "1:5:;",
                "1:5:;1:6:",
                "1:5:;1:6:;1",
                "1:5:;1:6:;1.-1",
                "1:5:\n",
                "99999999999999999999:99999999999999999999:"
            })
    void whatNoPositionIsIsRefused(String text) {
        assertThat(ChangePosition.parse(text)).isEmpty();
    }

    @Test
    void positionsAreReadAsTheyAreWritten() {
        for (var text : new String[] {"1:5:", "1:5:1,4", "1:5:;1:6:;1.0", "17:25:17,20;18:30:18,21,29;123456789.499"}) {
            assertThat(ChangePosition.parse(text).orElseThrow().text()).isEqualTo(text);
        }
    }
}
