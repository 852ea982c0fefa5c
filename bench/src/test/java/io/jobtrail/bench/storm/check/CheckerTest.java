package io.jobtrail.bench.storm.check;

import static io.jobtrail.bench.storm.check.Forge.id;
import static io.jobtrail.bench.storm.check.Forgeries.ABSENT;
import static io.jobtrail.bench.storm.check.Forgeries.PLAIN;
import static io.jobtrail.bench.storm.check.Forgeries.TAKEN;
import static io.jobtrail.bench.storm.check.Forgeries.sound;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Expectation;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.job.JobState;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckerTest {
    @Test
    void aSoundHistoryBreaksNoRuleAndIsCounted() {
        var verdict = Checker.check(sound().history());

        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict)
                .isEqualTo(new Verdict(
                        8, 5, 1, 2, 5, 0, 0, 1, 2, 0, 4, 1, 1, 1, List.of(Duration.ofSeconds(1)), List.of()));
        assertThat(verdict.recovery(0.5)).contains(Duration.ofSeconds(1));
    }

    /** Each breaks one rule, and only that one: with the rule left out nothing would be found. */
    @ParameterizedTest
    @EnumSource
    void eachRuleFindsWhatNoOtherFinds(Rule rule) {
        for (var forgery : Forgeries.of(rule)) {
            var forge = sound();
            forgery.accept(forge);

            assertThat(Checker.check(forge.history()).violations())
                    .isNotEmpty()
                    .allMatch(violation -> violation.rule() == rule, "breaks " + rule + " only");
            assertThat(Checker.check(forge.history(), EnumSet.complementOf(EnumSet.of(rule)))
                            .violations())
                    .isEmpty();
        }
    }

    @Test
    void polledAtTheSameTimeTwoAnswersHaveNoOrder() {
        var forge = sound();
        long asked = forge.now() - Forge.SECOND;
        forge.seen(PLAIN, JobState.FINISHED, 1);
        forge.client.add(new ClientLedger.Entry(
                Kind.SEEN,
                forge.later(),
                null,
                null,
                null,
                null,
                id(TAKEN),
                null,
                null,
                null,
                JobState.RUNNING,
                1,
                asked));
        forge.client.add(new ClientLedger.Entry(
                Kind.SEEN,
                forge.now() - 1,
                null,
                null,
                null,
                null,
                id(TAKEN),
                null,
                null,
                null,
                JobState.FINISHED,
                2,
                asked));

        assertThat(Checker.check(forge.history()).violations()).isEmpty();
    }

    @Test
    void aJobThatCostThreeWorkersMayFail() {
        var forge = sound();
        forge.submitted(ABSENT, Expectation.FINISHES);
        for (long pid = 20; pid < 22; pid++) {
            forge.claimed(ABSENT, pid);
            forge.taken(ABSENT, pid);
        }
        forge.claimed(ABSENT, 22);
        forge.moves(ABSENT, JobState.FAILED, 3, "sweeper:host:1:0000", "POISON_JOB", "host:22:00ff-1");

        assertThat(Checker.check(forge.history()).violations()).isEmpty();
    }

    @Test
    void whatWasLostIsCounted() {
        var forge = sound();
        forge.attempted(ABSENT, Expectation.FINISHES);
        forge.answered(Kind.ACKED, ABSENT, id(ABSENT));
        forge.runs(PLAIN, 10);

        var verdict = Checker.check(forge.history());

        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.ok()).isEqualTo(5);
        assertThat(verdict.doubleFinished()).isEqualTo(1);
        assertThat(verdict.isSound()).isFalse();
    }
}
