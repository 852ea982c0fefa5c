package io.jobtrail.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.WorkerRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Workers that died leave the boards, all others stay. */
class RetireWorkersTest {
    @AutoClose
    private final SweepRig rig = new SweepRig();

    private final WorkerRegistry registry = new WorkerRegistry(rig.database.runtime());
    private final RetireWorkers sweep = new RetireWorkers(registry, rig.queue, SweepRig.LEASE);

    private void register(String id, String host, long pid) {
        registry.register(new WorkerRegistry.Worker(
                id, host, pid, List.of(QueueName.URGENT, QueueName.DEFAULT), List.of("h"), 2, "test"));
    }

    private void silence(String id) {
        rig.database.asOwner(
                "UPDATE pipeline_workers SET last_beat_at = now() - interval '2 minutes' WHERE id = '" + id + "'");
    }

    /** What a worker thread of this name leaves in Redis. */
    private void show(String... names) {
        rig.redis.call(jedis -> {
            for (var name : names) {
                jedis.sadd("resque:workers", name);
                jedis.set("resque:worker:" + name, "{}");
                jedis.set("resque:worker:" + name + ":started", "now");
                jedis.set("resque:stat:processed:" + name, "7");
            }
            return null;
        });
    }

    private void assertShown(String... names) {
        assertThat(rig.redis.<Set<String>>call(jedis -> jedis.smembers("resque:workers")))
                .containsExactlyInAnyOrder(names);
        assertThat(rig.redis.<Set<String>>call(jedis -> jedis.keys("resque:*r*:*:*")))
                .as("status, start and count of each")
                .hasSize(3 * names.length);
    }

    private boolean isStopped(String id) {
        return (Boolean) rig.database.ask("SELECT stopped_at IS NOT NULL FROM pipeline_workers WHERE id = ?", id);
    }

    @Test
    void whatADeadWorkerShowedIsGoneAndTheOthersStay() {
        register("dead", "host", 7);
        register("live", "host", 77);
        silence("dead");
        var foreign = new String[] {
            "host:77-0:JAVA_DYNAMIC_QUEUES,urgent,default",
            "host:77-1:JAVA_DYNAMIC_QUEUES,urgent,default",
            "other:7-0:JAVA_DYNAMIC_QUEUES,urgent,default",
            "myhost:7-0:JAVA_DYNAMIC_QUEUES,urgent,default",
            "host:7-0:JAVA_DYNAMIC_QUEUES,mail",
            "host:7:urgent,default"
        };
        show(foreign);
        show("host:7-0:JAVA_DYNAMIC_QUEUES,urgent,default", "host:7-12:JAVA_DYNAMIC_QUEUES,urgent,default");

        sweep.run();

        assertShown(foreign);
        assertThat(isStopped("dead")).isTrue();
        assertThat(isStopped("live")).isFalse();
    }

    @Test
    void aLiveWorkerWithTheSameHostAndProcessIdKeepsWhatItShows() {
        register("before", "host", 1);
        silence("before");
        register("now", "host", 1);
        show("host:1-0:JAVA_DYNAMIC_QUEUES,urgent,default");

        sweep.run();
        assertShown("host:1-0:JAVA_DYNAMIC_QUEUES,urgent,default");
        assertThat(isStopped("before")).isTrue();

        silence("now");
        sweep.run();
        assertShown();
    }

    @Test
    void whileRedisIsAwayTheRowStaysForTheNextTime() {
        register("dead", "host", 7);
        silence("dead");
        show("host:7-0:JAVA_DYNAMIC_QUEUES,urgent,default");
        try (var away = new Redis("redis://127.0.0.1:1", 1, Duration.ZERO)) {
            var sweeping = new RetireWorkers(registry, new JobQueue(away), SweepRig.LEASE);
            assertThatThrownBy(sweeping::run).matches(Redis::isToBlame);
        }
        assertThat(isStopped("dead")).isFalse();

        sweep.run();
        assertShown();
        assertThat(isStopped("dead")).isTrue();
    }

    @Test
    void aWorkerThatWasOnlySilentIsBackWithItsNextBeat() {
        register("silent", "host", 7);
        silence("silent");
        sweep.run();
        assertThat(registry.known(1).get(0).lost()).isTrue();
        registry.beat(
                "silent", 1, new WorkerRegistry.Condition(Duration.ofSeconds(10), Duration.ofSeconds(60), List.of()));
        assertThat(isStopped("silent")).isFalse();
        sweep.run();
        assertThat(isStopped("silent")).isFalse();
    }

    @Test
    void aBeatThatWasUnderWayWhenAProcessSaidThatItStopsDoesNotReviveIt() {
        register("gone", "host", 7);
        registry.signOff("gone");
        registry.beat(
                "gone", 1, new WorkerRegistry.Condition(Duration.ofSeconds(10), Duration.ofSeconds(60), List.of()));
        assertThat(isStopped("gone")).isTrue();
    }

    @Test
    void whoStoppedLongAgoIsForgotten() {
        register("long-ago", "host", 1);
        register("lately", "host", 2);
        registry.signOff("long-ago");
        registry.signOff("lately");
        rig.database.asOwner(
                "UPDATE pipeline_workers SET stopped_at = now() - interval '8 days' WHERE id = 'long-ago'");
        sweep.run();
        assertThat(rig.database.ask("SELECT string_agg(id, ',') FROM pipeline_workers"))
                .isEqualTo("lately");
    }

    @Test
    void withoutRedisTheRowIsAllThereIs() {
        register("dead", "host", 7);
        silence("dead");
        new RetireWorkers(registry, null, SweepRig.LEASE).run();
        assertThat(isStopped("dead")).isTrue();
    }
}
