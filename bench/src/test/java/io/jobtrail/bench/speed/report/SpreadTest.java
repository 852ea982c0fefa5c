package io.jobtrail.bench.speed.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void isTheMedianAndTheRangeWhateverTheOrder() {
        assertThat(Spread.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Spread(2, 1, 9, 3));
        assertThat(Spread.of(List.of(4.0, 1.0, 3.0, 2.0))).isEqualTo(new Spread(2.5, 1, 4, 4));
    }

    @Test
    void isWrittenWithThreeDigits() {
        assertThat(Spread.of(List.of(4_170.6, 3_749.2, 4_805.0))).hasToString("4,171 (3,749–4,805)");
        assertThat(Spread.of(List.of(0.00512, 0.996, 12.34))).hasToString("0.996 (0.00512–12.3)");
        assertThat(Spread.of(List.of(7.0))).hasToString("7.00");
        assertThat(Spread.number(0)).isEqualTo("0");
    }

    @Test
    void ratiosAreFormedWithinARun() {
        var ratio = new Series(Map.of(1, 10.0, 2, 30.0, 3, 8.0)).over(new Series(Map.of(1, 10.0, 2, 10.0, 3, 16.0)));

        assertThat(ratio.byRun()).isEqualTo(Map.of(1, 1.0, 2, 3.0, 3, 0.5));
    }

    @Test
    void aRunThatOneSideLacksOrThatHasNothingToDivideByGivesNoRatio() {
        var ratio = new Series(Map.of(1, 10.0, 2, 30.0, 3, 8.0)).over(new Series(Map.of(2, 0.0, 3, 16.0)));

        assertThat(ratio.byRun()).isEqualTo(Map.of(3, 0.5));
        assertThat(ratio.over(new Series(Map.of())).spread()).isEmpty();
    }
}
