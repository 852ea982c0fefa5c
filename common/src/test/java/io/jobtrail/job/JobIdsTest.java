package io.jobtrail.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JobIdsTest {
    @Test
    void idsAreOfVersionSevenAndCarryTheirTime() {
        var before = System.currentTimeMillis();
        var id = JobIds.next();
        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(id.getMostSignificantBits() >>> 16).isBetween(before, System.currentTimeMillis() + 1_000);
    }

    @Test
    void idsOfOneThreadSortInTheirOrder() {
        var ids =
                Stream.generate(JobIds::next).limit(20_000).map(UUID::toString).toList();
        assertThat(ids).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void idsOfSeveralThreadsAreAllDifferent() {
        var lists = Together.run(
                4,
                thread ->
                        IntStream.range(0, 10_000).mapToObj(i -> JobIds.next()).toList());
        assertThat(new HashSet<>(lists.stream().flatMap(List::stream).toList())).hasSize(40_000);
    }

    @Test
    void postgresMakesTheSameKind() {
        try (var database = JobtrailDatabase.fresh()) {
            var before = System.currentTimeMillis();
            var ids = database.runtime()
                    .list("SELECT uuid_v7() FROM generate_series(1, 100)", row -> row.getObject(1, UUID.class));
            assertThat(ids).doesNotHaveDuplicates().allSatisfy(id -> {
                assertThat(id.version()).isEqualTo(7);
                assertThat(id.variant()).isEqualTo(2);
                assertThat(id.getMostSignificantBits() >>> 16).isBetween(before - 1_000, before + 60_000);
            });
        }
    }
}
