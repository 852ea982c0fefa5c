package io.jobtrail.bench.speed.tally;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TallyTest {
    @TempDir
    private Path directory;

    @Test
    void whatManyThreadsAddOthersSeeWithoutLoss() throws Exception {
        var file = directory.resolve("tally");
        var reader = new Tally(file);
        var writer = new Tally(file);
        var threads = IntStream.range(0, 8)
                .mapToObj(thread -> new Thread(() -> {
                    for (int i = 0; i < 1_000; i++) {
                        writer.add(thread * 1_000L + i, 1);
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (var thread : threads) {
            thread.join();
        }

        assertThat(reader.count()).isEqualTo(8_000);
        assertThat(reader.entries())
                .extracting(Tally.Entry::first)
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.range(0, 8_000).boxed().toList());
        assertThat(reader.get(8_000)).isNull();
    }

    @Test
    void theTimeOfSendingComesOutOfEveryFormOfThePayload() {
        long sent = Tally.now();

        assertThat(Payload.sent(Payload.map(sent))).isEqualTo(sent);
        assertThat(Payload.sent(Payload.json(sent))).isEqualTo(sent);
        assertThat(Payload.sent("{\"input\": {\"sent\": " + sent + ", \"text\": \"1\"}}"))
                .isEqualTo(sent);
        assertThat(Payload.json(sent)).hasSizeBetween(190, 210);
    }
}
