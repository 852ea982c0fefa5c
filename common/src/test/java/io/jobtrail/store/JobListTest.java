package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Lists that come from several places of an index at once, and looks that end before the list does. */
class JobListTest {
    private static final int MANY = 1_200;
    private static final List<Set<JobState>> STATES = Arrays.asList(
            null,
            Set.of(JobState.QUEUED),
            Set.of(JobState.FAILED),
            Set.of(JobState.RUNNING),
            Set.of(JobState.FINISHED),
            Set.of(JobState.RUNNING, JobState.FAILED));

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobReader reader = database.reader();
    private static final UUID oldest = database.aJob()
            .madeDaysAgo(3)
            .payload(Map.of("filename", "the oldest.pdf"))
            .insert();

    private static List<JobDetails> all;

    @BeforeAll
    static void jobsOfManyKinds() {
        database.asOwner("""
                INSERT INTO pipeline_jobs (id, queue, realm, handler, timeout_sec)
                SELECT first_uuid_v7(now() - n * interval '1 second'), (ARRAY['urgent', 'default', 'slow'])[n %% 3 + 1],
                    'realm-' || n %% 37, 'handler-' || n %% 5, 60 FROM generate_series(1, %d) n""".formatted(MANY), """
                UPDATE pipeline_jobs SET status = 'cancelled' WHERE substr(realm, 7) IN ('1', '5', '9')""", """
                UPDATE pipeline_jobs SET status = 'running' WHERE substr(realm, 7) IN ('2', '5', '7') AND status = 'queued'""", """
                UPDATE pipeline_jobs SET status = 'failed', error_code = 'CODE-' || queue
                WHERE substr(realm, 7) IN ('7', '8') AND status = 'running'""", """
                UPDATE pipeline_jobs SET deleted_at = now() WHERE realm = 'realm-3' AND handler = 'handler-2'""", "ANALYZE");
        all = reader.page(new JobFilter(null, null, null, null, null, null, null, 2 * MANY))
                .jobs();
    }

    @Test
    void everyCombinationListsWhatLookingAtAllJobsFinds() {
        assertThat(all).hasSizeBetween(MANY - 50, MANY).isSortedAccordingTo((one, other) -> -compare(one, other));
        for (var realm : new String[] {null, "realm-3", "realm-7", "nowhere"}) {
            for (var queue : new QueueName[] {null, QueueName.URGENT}) {
                for (var states : STATES) {
                    for (var handler : new String[] {null, "handler-2", "nobody"}) {
                        for (var code : new String[] {null, "CODE-urgent"}) {
                            for (int limit : new int[] {1, 7, 500}) {
                                var filter = new JobFilter(realm, queue, states, handler, code, null, null, limit);
                                var name = filter.toString();
                                assertThat(pages(filter)).as(name).isEqualTo(expected(filter));
                                assertThat(reader.count(filter))
                                        .as(name)
                                        .isEqualTo(wanted(filter).size());
                            }
                        }
                    }
                }
            }
        }
    }

    /** As Postgres and the texts of ids sort: without a sign. */
    private static int compare(JobDetails one, JobDetails other) {
        return one.id().toString().compareTo(other.id().toString());
    }

    private static List<UUID> wanted(JobFilter filter) {
        List<Predicate<JobDetails>> wanted = Arrays.asList(
                job -> filter.realm() == null || filter.realm().equals(job.realm()),
                job -> filter.queue() == null || filter.queue().wireName().equals(job.queue()),
                job -> filter.states() == null || filter.states().contains(job.status()),
                job -> filter.handler() == null || filter.handler().equals(job.handler()),
                job -> filter.errorCode() == null || Objects.equals(filter.errorCode(), job.errorCode()));
        return all.stream()
                .filter(job -> wanted.stream().allMatch(it -> it.test(job)))
                .map(JobDetails::id)
                .toList();
    }

    private static List<UUID> expected(JobFilter filter) {
        return wanted(filter).stream().limit(5L * filter.limit()).toList();
    }

    /** The first pages, together at most five full ones. */
    private static List<UUID> pages(JobFilter filter) {
        var ids = new ArrayList<UUID>();
        JobList.Page page;
        for (var next = filter; ids.size() < 5 * filter.limit(); next = from(filter, page.next())) {
            page = reader.page(next);
            assertThat(page.jobs()).hasSizeLessThanOrEqualTo(filter.limit());
            page.jobs().forEach(job -> ids.add(job.id()));
            if (page.next() == null) {
                break;
            }
        }
        return ids;
    }

    private static JobFilter from(JobFilter filter, UUID before) {
        return new JobFilter(
                filter.realm(),
                filter.queue(),
                filter.states(),
                filter.handler(),
                filter.errorCode(),
                filter.search(),
                before,
                filter.limit());
    }

    private static JobFilter search(String text) {
        return new JobFilter(null, null, null, null, null, text, null, 50);
    }

    @Test
    void aSearchOfTextSaysHowFarItCame() {
        var page = reader.page(search("the oldest"));
        assertThat(page.jobs()).isEmpty();
        assertThat(page.next()).isNotNull();
        assertThat(pages(search("the oldest"))).containsExactly(oldest);
        var kind = new JobFilter("default", null, Set.of(JobState.QUEUED), null, null, "the oldest", null, 50);
        assertThat(reader.page(kind).jobs())
                .as("where the filter leaves few, they are all looked at")
                .extracting(JobDetails::id)
                .containsExactly(oldest);
    }

    @Test
    void theBeginningOfAnIdFindsTheJobHoweverOldItIs() {
        for (int length : new int[] {13, 20, 36}) {
            for (var text : List.of(
                    oldest.toString().substring(0, length),
                    oldest.toString().substring(0, length).toUpperCase(java.util.Locale.ROOT))) {
                var page = reader.page(search(text));
                assertThat(page.jobs()).as(text).hasSize(1);
                assertThat(page.next()).as(text).isNull();
            }
        }
        var other = new JobFilter("realm-1", null, null, null, null, oldest.toString(), null, 50);
        assertThat(reader.page(other)).isEqualTo(new JobList.Page(List.of(), null));
    }

    @Test
    void hiddenJobsAreOnNoPage() {
        var hidden = new JobFilter("realm-3", null, null, "handler-2", null, null, null, 5);
        assertThat(pages(hidden)).isEmpty();
        var others = new JobFilter("realm-3", null, null, null, null, null, null, 5);
        assertThat(pages(others)).hasSizeGreaterThan(5).isEqualTo(expected(others));
    }
}
