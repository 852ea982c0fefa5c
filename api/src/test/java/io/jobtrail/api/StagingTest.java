package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.api.Staging.StagedFile;
import io.jobtrail.testing.Together;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StagingTest {
    private static final int LIMIT = Staging.IN_MEMORY_BYTES;
    private static final int ROOM = 2 * LIMIT;

    @TempDir
    private Path directory;

    private Staging staging;

    @BeforeEach
    void create() {
        staging = new Staging(directory, ROOM);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        assertThat(staging.room()).isEqualTo(ROOM);
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, LIMIT - 1, LIMIT})
    void fileUpToTheLimitIsInMemory(int size) throws IOException {
        var bytes = bytes(size);
        try (var file = received(bytes, Long.MAX_VALUE)) {
            assertThat(file.inMemory()).hasValue(ByteBuffer.wrap(bytes));
            assertReads(file, bytes);
            assertThat(directory).isEmptyDirectory();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, 3 * LIMIT})
    void largerFileIsOnTheDiskAndTakesNoRoom(int size) throws IOException {
        var bytes = bytes(size);
        try (var file = received(bytes, Long.MAX_VALUE)) {
            assertThat(file.inMemory()).isEmpty();
            assertReads(file, bytes);
            assertThat(staging.room()).isEqualTo(ROOM);
        }
    }

    @Test
    void fileTakesNoMoreRoomThanIsExpectedOfIt() throws IOException {
        try (var file = staging.newFile(1_000)) {
            assertThat(staging.room()).isEqualTo(ROOM - 1_000);
            file.write(ByteBuffer.wrap(bytes(1_001)));
            assertThat(staging.room()).as("more came than was expected").isEqualTo(ROOM);
            assertReads(file, bytes(1_001));
        }
    }

    @Test
    void fileThatFindsNoRoomIsOnTheDisk() throws IOException {
        var small = bytes(10);
        try (var first = staging.newFile(LIMIT);
                var second = staging.newFile(LIMIT - 5);
                var third = received(small, 10)) {
            assertThat(third.inMemory()).isEmpty();
            assertReads(third, small);
            second.close();
            try (var fourth = received(small, 10)) {
                assertThat(fourth.inMemory()).as("there is room again").isPresent();
            }
            assertThat(first.size()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, LIMIT + 1})
    void fileThatBreaksOffLeavesNothing(int size) throws IOException {
        try (var file = staging.newFile(Long.MAX_VALUE)) {
            file.write(ByteBuffer.wrap(bytes(size)));
        }
    }

    @Test
    void closingTwiceGivesRoomBackOnce() throws IOException {
        var file = received(bytes(10), 10);
        file.close();
        file.close();
    }

    @Test
    void directoryThatSomebodyTidiedAwayIsMadeAnew() throws IOException {
        Files.delete(directory);
        try (var file = received(bytes(LIMIT + 1), Long.MAX_VALUE)) {
            assertReads(file, bytes(LIMIT + 1));
        }
    }

    @Test
    void filesOfManyThreadsNeverTakeMoreThanTheRoomThereIs() {
        Together.run(8, thread -> {
            var random = new Random(thread);
            for (int i = 0; i < 50; i++) {
                var bytes = bytes(random.nextInt(2 * LIMIT));
                try (var file = received(bytes, random.nextBoolean() ? bytes.length : Long.MAX_VALUE)) {
                    assertThat(staging.room()).isBetween(0, ROOM);
                    assertReads(file, bytes);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return null;
        });
    }

    /** In pieces, as they come in. */
    private StagedFile received(byte[] bytes, long expected) throws IOException {
        var file = staging.newFile(expected);
        for (int from = 0; from < bytes.length; from += 8_000) {
            file.write(ByteBuffer.wrap(bytes, from, Math.min(8_000, bytes.length - from)));
        }
        assertThat(file.size()).isEqualTo(bytes.length);
        return file;
    }

    private static void assertReads(StagedFile file, byte[] bytes) throws IOException {
        for (int i = 0; i < 2; i++) {
            try (var in = file.open()) {
                assertThat(Arrays.equals(in.readAllBytes(), bytes))
                        .as("the same bytes")
                        .isTrue();
            }
        }
    }

    private static byte[] bytes(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }
}
