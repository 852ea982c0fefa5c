package io.jobtrail.bench.scale;

import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.JobReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** The time of a page of every list that {@code jobs/recent} can be asked for: each filter alone and each pair, frequent, rare, and without any match. */
final class Lists {
    private static final int PAGE = 50;

    private final JobReader reader;

    Lists(JobReader reader) {
        this.reader = reader;
    }

    /** One value of one filter. */
    private record Choice(String field, String value) {}

    private static final List<Choice> CHOICES = List.of(
            new Choice("realm", "realm-0"),
            new Choice("realm", "realm-1"),
            new Choice("realm", Fill.RARE_REALM),
            new Choice("realm", "nowhere"),
            new Choice("queue", "default"),
            new Choice("queue", "slow"),
            new Choice("status", "queued"),
            new Choice("status", "running"),
            new Choice("status", "retrying"),
            new Choice("status", "awaiting_input"),
            new Choice("status", "finished"),
            new Choice("status", "failed"),
            new Choice("status", "cancelled"),
            new Choice("handler", "process_document"),
            new Choice("handler", Fill.RARE_HANDLER),
            new Choice("handler", "unknown"),
            new Choice("error_code", "ENCRYPTED"),
            new Choice("error_code", Fill.RARE_CODE),
            new Choice("error_code", "NO_SUCH"),
            new Choice("q", "scan 1"),
            new Choice("q", "no such text"));

    void measure() {
        System.out.printf(
                "%-52s %8s %8s %6s %s%n", "jobs/recent, pages of " + PAGE, "median", "longest", "jobs", "more");
        var lists = new ArrayList<List<Choice>>();
        lists.add(List.of());
        CHOICES.forEach(one -> lists.add(List.of(one)));
        int singles = lists.size();
        for (var one : CHOICES) {
            for (var other : CHOICES) {
                if (one.field().compareTo(other.field()) < 0) {
                    lists.add(List.of(one, other));
                }
            }
        }
        double worst = 0;
        int slow = 0;
        for (int i = 0; i < lists.size(); i++) {
            var filter = filter(lists.get(i), PAGE, null);
            var page = reader.page(filter);
            var time = Timing.of(() -> reader.page(filter));
            worst = Math.max(worst, time.median());
            slow += time.median() > 50 ? 1 : 0;
            if (i < singles || time.median() > 25) {
                System.out.printf(
                        "%-52s %s %6d %s%n",
                        name(lists.get(i)), time, page.jobs().size(), page.next() == null ? "" : "more");
            }
        }
        System.out.printf(
                "%d lists; the pairs that took less than 25 ms are not shown; worst median %.1f ms, %d above 50 ms%n",
                lists.size(), worst, slow);
        var large = filter(List.of(new Choice("status", "failed")), 500, null);
        System.out.printf("%-52s %s%n", "status=failed, a page of 500", Timing.of(() -> reader.page(large)));
        var deep = filter(List.of(new Choice("realm", "realm-1")), PAGE, middle());
        System.out.printf("%-52s %s%n", "realm=realm-1, a page from the middle", Timing.of(() -> reader.page(deep)));
    }

    /** An id of 45 days ago. */
    private static UUID middle() {
        return new UUID(System.currentTimeMillis() - 45L * 86_400_000 << 16, 0);
    }

    private static String name(List<Choice> choices) {
        return choices.isEmpty()
                ? "(no filter)"
                : String.join(
                        " ",
                        choices.stream().map(c -> c.field() + "=" + c.value()).toList());
    }

    private static JobFilter filter(List<Choice> choices, int limit, UUID before) {
        return new JobFilter(
                value(choices, "realm"),
                value(choices, "queue") == null
                        ? null
                        : QueueName.of(value(choices, "queue")).orElseThrow(),
                value(choices, "status") == null ? null : Set.of(JobState.of(value(choices, "status"))),
                value(choices, "handler"),
                value(choices, "error_code"),
                value(choices, "q"),
                before,
                limit);
    }

    private static String value(List<Choice> choices, String field) {
        return choices.stream()
                .filter(c -> c.field().equals(field))
                .map(Choice::value)
                .findFirst()
                .orElse(null);
    }
}
