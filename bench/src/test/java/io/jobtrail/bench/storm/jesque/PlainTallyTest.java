package io.jobtrail.bench.storm.jesque;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Expectation;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import io.jobtrail.testbed.TestServers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlainTallyTest {
    @TempDir
    Path directory;

    @Test
    void countsWhatIsLostAndWhatIsDoneTwice() {
        try (var client = new ClientLedger(directory);
                var handler = new HandlerLedger(directory)) {
            attempt(client, 0, true);
            end(handler, 0, Ending.RETURNED);

            attempt(client, 1, true);
            end(handler, 1, Ending.RETURNED);
            end(handler, 1, Ending.RETURNED);

            attempt(client, 2, true);
            handler.begin(PlainJob.id(2), 1, 2);

            attempt(client, 3, true);
            end(handler, 3, Ending.STOPPED);

            attempt(client, 4, false);

            attempt(client, 5, false);
            end(handler, 5, Ending.RETURNED);
        }

        assertThat(PlainTally.of(directory)).isEqualTo(new PlainTally(6, 4, 2, 1, 1));
    }

    @Test
    void withoutAnyFaultPlainJesqueLosesNothing() throws InterruptedException {
        var redis = TestServers.redis().url();
        PlainJob.ledger = new HandlerLedger(directory);
        var worker = PlainWorker.worker(redis);
        var thread = new Thread(worker);
        thread.start();
        try {
            PlainProducer.run(redis, directory, 1, 100, 20);

            await().atMost(30, SECONDS)
                    .untilAsserted(
                            () -> assertThat(PlainTally.of(directory)).isEqualTo(new PlainTally(20, 20, 0, 0, 0)));
        } finally {
            worker.end(false);
            thread.join();
            PlainJob.ledger.close();
        }
    }

    private static void attempt(ClientLedger client, int n, boolean acked) {
        client.attempted(n, null, null, Expectation.FINISHES);
        if (acked) {
            client.acked(n, PlainJob.id(n), false);
        } else {
            client.unknown(n, "connection reset");
        }
    }

    private static void end(HandlerLedger handler, int n, Ending ending) {
        handler.begin(PlainJob.id(n), 1, n);
        handler.end(PlainJob.id(n), 1, n, null, ending);
    }
}
