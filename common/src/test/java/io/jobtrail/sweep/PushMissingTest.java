package io.jobtrail.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What is due and not in Redis gets there, and nothing else. */
class PushMissingTest {
    @AutoClose
    private final SweepRig rig = new SweepRig();

    private final PushMissing sweep = rig.pushMissing(SweepRig.HANDLER);

    private UUID pushed() {
        var id = rig.database.aJob().insert();
        rig.push(List.of(id));
        return id;
    }

    private String atHead(QueueName name) {
        return rig.redis.call(jedis -> jedis.lindex(JobQueue.key(name), 0));
    }

    private void lookTwice() {
        sweep.run();
        sweep.run();
    }

    @Test
    void anEmptiedRedisGetsEveryIdOnceInTheOrderOfClaims() {
        rig.insertDue(1_000);
        sweep.run();
        assertThat(rig.listed()).containsExactlyElementsOf(rig.due());
        rig.redis.call(jedis -> jedis.flushAll());

        sweep.run();

        assertThat(rig.listed()).hasSize(1_000).containsExactlyElementsOf(rig.due());
        assertThat(rig.queue.isComplete()).isTrue();
        assertThat(rig.log().stream().filter(line -> line.startsWith("WARN")))
                .hasSize(2)
                .allMatch(line -> line.contains("the ids of 1000 due jobs were pushed"));
        lookTwice();
        assertThat(rig.listed()).hasSize(1_000);
    }

    @Test
    void aNewRedisWithNothingToPushIsNoReasonToWarn() {
        sweep.run();
        assertThat(rig.queue.isComplete()).isTrue();
        assertThat(rig.log()).singleElement().asString().startsWith("INFO");
        sweep.run();
        assertThat(rig.log()).hasSize(1);
    }

    @Test
    void whatIsInTheListAlreadyIsNotPushedAgainByTheRebuild() {
        rig.insertDue(30);
        var due = rig.due();
        rig.push(due.subList(10, 20));
        sweep.run();
        assertThat(rig.listed()).hasSize(30).containsAll(due);
    }

    @Test
    void aLostPushIsMadeUpForOnce() {
        sweep.run();
        var there = pushed();
        var lost = rig.database.aJob().insert();
        var urgent = rig.database.aJob().queue(QueueName.URGENT).insert();

        lookTwice();
        lookTwice();

        assertThat(rig.listed()).containsExactly(there, lost);
        assertThat(rig.queue.length(QueueName.URGENT)).isEqualTo(1);
        assertThat(JobQueue.parse(atHead(QueueName.URGENT))).contains(new JobQueue.Entry(SweepRig.HANDLER, urgent));
    }

    @Test
    void whatWasPoppedAndIsAboutToBeClaimedIsLeftAlone() {
        sweep.run();
        for (int i = 0; i < 3; i++) {
            var id = pushed();
            rig.redis.call(jedis -> jedis.lpop(JobQueue.key(QueueName.DEFAULT)));
            sweep.run();
            assertThat(rig.listed()).isEmpty();
            assertThat(rig.database.store().claim(id, "w", List.of(SweepRig.HANDLER)))
                    .isPresent();
        }
        lookTwice();
        assertThat(rig.listed()).isEmpty();
    }

    @Test
    void aJobLostInTheMiddleOfALongListIsFoundAndComesFirst() {
        rig.insertDue(30_000);
        sweep.run();
        var lost = rig.due().get(700);
        rig.redis.call(jedis -> jedis.lrem(JobQueue.key(QueueName.DEFAULT), 1, entry(lost)));

        lookTwice();

        assertThat(rig.listed()).hasSize(30_000).startsWith(lost);
        assertThat(Set.copyOf(rig.listed())).isEqualTo(Set.copyOf(rig.due()));
    }

    @Test
    void aLongListWithNothingMissingCostsOnePageHoweverLongItIs() {
        rig.insertDue(50_000);
        sweep.run();
        assertThat(rig.queue.length(QueueName.DEFAULT)).isEqualTo(50_000);
        rig.redis.call(jedis -> jedis.configResetStat());

        lookTwice();

        assertThat(rig.calls("lrange")).isEqualTo(2);
    }

    /** The pops of a busy system are always among the oldest. */
    @Test
    void aSuspectAloneIsNoReasonToReadAllOfALongList() {
        rig.insertDue(10_000);
        sweep.run();
        for (int i = 0; i < 3; i++) {
            var popped = rig.due().get(0);
            rig.redis.call(jedis -> jedis.lpop(JobQueue.key(QueueName.DEFAULT)));
            rig.redis.call(jedis -> jedis.configResetStat());
            sweep.run();
            assertThat(rig.calls("lrange")).isEqualTo(1);
            rig.database.store().claim(popped, "w", List.of(SweepRig.HANDLER)).orElseThrow();
        }
    }

    @Test
    void aListThatLostMostOfItsIdsIsRebuiltAlthoughRedisClaimsToBeComplete() {
        rig.insertDue(5_000);
        sweep.run();
        rig.redis.call(jedis -> jedis.del(JobQueue.key(QueueName.DEFAULT)));
        var fresh = pushed();

        lookTwice();

        assertThat(rig.listed()).hasSize(5_001).contains(fresh).containsAll(rig.due());
    }

    @Test
    void aRebuildStopsAtAFullListAndGoesOnWhenHalfOfItIsUsedUp() {
        rig.insertDue(PushMissing.FULL + 10_000);
        sweep.run();
        assertThat(rig.queue.length(QueueName.DEFAULT)).isEqualTo(PushMissing.FULL);
        assertThat(rig.queue.isComplete()).isFalse();
        sweep.run();
        assertThat(rig.queue.length(QueueName.DEFAULT)).isEqualTo(PushMissing.FULL);

        rig.redis.call(jedis -> jedis.ltrim(JobQueue.key(QueueName.DEFAULT), PushMissing.FULL / 2, -1));
        rig.database.asOwner("""
                UPDATE pipeline_jobs SET run_after = now() + interval '1 day' WHERE id IN (
                SELECT id FROM pipeline_jobs ORDER BY run_after LIMIT %d)""".formatted(PushMissing.FULL / 2));
        sweep.run();

        assertThat(rig.queue.isComplete()).isTrue();
        assertThat(rig.listed()).hasSize(PushMissing.FULL / 2 + 10_000);
        assertThat(Set.copyOf(rig.listed())).isEqualTo(Set.copyOf(rig.due()));
        assertThat(rig.log().stream().filter(line -> line.startsWith("WARN"))).hasSize(1);
    }

    @Test
    void aRebuildThatGoesOnForLongReadsNoQueueAgainThatIsComplete() {
        rig.insertDue(PushMissing.FULL + 3_000);
        rig.database.asOwner("UPDATE pipeline_jobs SET queue = 'urgent' WHERE id IN "
                + "(SELECT id FROM pipeline_jobs ORDER BY run_after LIMIT 2900)");
        sweep.run();
        assertThat(rig.queue.isComplete()).isFalse();
        assertThat(rig.queue.length(QueueName.URGENT)).isEqualTo(2_900);
        rig.redis.call(jedis -> jedis.configResetStat());

        sweep.run();

        assertThat(rig.calls("lrange")).as("one page of each for the look").isEqualTo(2);
    }

    @Test
    void onlyTheFirstRoundOfARebuildTakesNoRest() {
        rig.insertDue(PushMissing.FULL + 10);
        var resting = rig.pushMissing(1_000_000, SweepRig.HANDLER);
        resting.run();
        rig.redis.call(jedis -> jedis.ltrim(JobQueue.key(QueueName.DEFAULT), PushMissing.FULL / 2, -1));

        resting.run();

        assertThat(rig.queue.length(QueueName.DEFAULT)).isEqualTo(PushMissing.FULL / 2);
    }

    @Test
    void aRetryIsPushedOnceItIsDue() {
        sweep.run();
        var claim = rig.database.aJob().claimedBy("w1");
        rig.database.store().fail(claim, "TEST", "once more", false, Duration.ofHours(1));
        var later = rig.database.aJob().dueAt(Instant.now().plusSeconds(3600)).insert();
        sweep.run();
        sweep.run();
        assertThat(rig.listed()).isEmpty();

        rig.database.asOwner("UPDATE pipeline_jobs SET run_after = now() WHERE id = '" + claim.id() + "'");
        lookTwice();
        assertThat(rig.listed()).containsExactly(claim.id());
        rig.database.assertThatJob(later).is(JobState.QUEUED);
    }

    @Test
    void aPausedQueueIsLeftAloneUntilItIsResumed() {
        var id = rig.database.aJob().insert();
        rig.database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'default'");
        sweep.run();
        sweep.run();
        assertThat(rig.listed()).isEmpty();

        rig.database.asOwner("UPDATE pipeline_queues SET paused = false WHERE name = 'default'");
        lookTwice();
        assertThat(rig.listed()).containsExactly(id);
    }

    @Test
    void whatOnlyOtherProcessesCanRunIsLeftToThem() {
        rig.database.aJob().handler("elsewhere").insert();
        var own = rig.database.aJob().insert();
        sweep.run();
        lookTwice();
        assertThat(rig.listed()).containsExactly(own);
    }

    @Test
    void aProcessWithoutHandlersPushesNothingAndVouchesForNothing() {
        rig.insertDue(5);
        rig.pushMissing().run();
        assertThat(rig.listed()).isEmpty();
        assertThat(rig.queue.isComplete()).isFalse();
    }

    @Test
    void junkAndDuplicatesAndUnknownIdsDoNoHarm() {
        rig.insertDue(20);
        var due = rig.due();
        rig.redis.call(jedis -> {
            for (int i = 0; i < 100; i++) {
                jedis.rpush(JobQueue.key(QueueName.DEFAULT), entry(due.get(0)), "junk", entry(JobIds.next()));
            }
            return null;
        });
        sweep.run();
        lookTwice();
        var listed = new ArrayList<>(rig.listed());
        assertThat(listed).containsAll(due);
        assertThat(listed.stream().filter(due.get(0)::equals)).hasSize(100);
        assertThat(listed).hasSize(100 + 100 + 19);
    }

    @Test
    void aRestAfterALookDoesNotDelayTheRebuild() {
        rig.insertDue(10);
        var resting = rig.pushMissing(1_000_000, SweepRig.HANDLER);
        resting.run();
        rig.redis.call(jedis -> jedis.configResetStat());
        resting.run();
        assertThat(rig.calls("lrange")).isZero();

        rig.redis.call(jedis -> jedis.flushAll());
        resting.run();
        assertThat(rig.listed()).containsExactlyElementsOf(rig.due());
    }

    @Test
    void nothingIsVouchedForWhatRedisDidNotTake() {
        rig.insertDue(10);
        rig.redis.call(jedis -> jedis.configSet("maxmemory", "1"));
        try {
            sweep.run();
        } finally {
            rig.redis.call(jedis -> jedis.configSet("maxmemory", "0"));
        }
        assertThat(rig.queue.isComplete()).isFalse();
        assertThat(rig.listed()).isEmpty();
    }

    private static String entry(UUID id) {
        return "{\"class\":\"" + SweepRig.HANDLER + "\",\"args\":[\"" + id + "\"],\"vars\":null}";
    }
}
