package io.jobtrail.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SelectionTest {
    @Test
    void ofAKindOfWhichNothingIsNamedEverythingIsWanted() {
        var workloads = List.of("mix", "drain");
        var contestants = List.of("jesque", "jobtrail");
        var selection = new Selection(List.of("mix"), List.of(workloads, contestants));

        assertThat(selection.of(workloads)).containsExactly("mix");
        assertThat(selection.of(contestants)).isEqualTo(contestants);
        assertThatThrownBy(() -> new Selection(List.of("mixed"), List.of(workloads, contestants)))
                .hasMessageContaining("mixed")
                .hasMessageContaining("drain, jesque, jobtrail, mix");
    }
}
