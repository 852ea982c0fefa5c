package io.jobtrail.api;

import static io.jobtrail.api.PdfPageCountTest.count;
import static io.jobtrail.api.PdfPageCountTest.objectStream;
import static io.jobtrail.api.PdfPageCountTest.pdf;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A look at a PDF ends soon and takes little, whatever somebody has put into it. */
class PdfPageCountLimitsTest {
    private static final Duration PATIENCE = Duration.ofMillis(300);

    @Test
    void bombInAnObjectStreamIsUnpackedInPartOnly() throws IOException {
        var bomb = objectStream("\0".repeat(60 << 20));
        assertThat(bomb.length).isLessThan(200_000);
        var one = counting();
        assertThat(of(one, bomb)).isEmpty();
        assertThat(one.inflated()).isBetween(4 << 20, 5 << 20);

        var many = new ByteArrayOutputStream();
        for (int i = 0; i < 12; i++) {
            many.writeBytes(bomb);
        }
        var all = counting();
        assertThat(of(all, many.toByteArray())).isEmpty();
        assertThat(all.inflated()).isBetween(32 << 20, 33 << 20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/Type/Pages",
                "/Type/Pages ",
                "/Count 1",
                "/Count 1/Type",
                "/ObjStm stream\n",
                "/Type/Pages/Count",
                "\n",
                "("
            })
    void endlessRepetitionIsReadInProportionToItsLength(String piece) {
        var once = charactersReadOf(piece.repeat(20_000 / piece.length()));
        var eightfold = charactersReadOf(piece.repeat(160_000 / piece.length()));
        assertThat(eightfold).isLessThan(once * 10);
    }

    @Test
    void manyObjectStreamsAreGivenUpWhenTheTimeIsOver() throws IOException {
        var looks = new AtomicLong();
        var clock = new PdfPageCount(Duration.ofMillis(300), () -> looks.incrementAndGet() * 30_000_000L);
        of(clock, pdf("/ObjStm ".repeat(100_000) + "stream\nno zlib"));
        assertThat(looks.get()).isBetween(5L, 20L);
    }

    @Test
    void veryLargePdfIsGivenUp() throws IOException {
        var text = "%PDF-1.7\n<< /Type /Pages /Count 2 >>\n".getBytes(StandardCharsets.ISO_8859_1);
        var file = new Endless(text, 1L << 30);
        var looks = new AtomicLong();
        var clock = new PdfPageCount(Duration.ofMillis(300), () -> looks.incrementAndGet() * 30_000_000L);
        assertThat(clock.of(file, file.length)).as("half a look says nothing").isEmpty();
        assertThat(file.position).isBetween(5L << 20, 20L << 20);
    }

    @Test
    void fewAreLookedAtTogetherAndOthersDoNotWaitForLong() throws Exception {
        var pdf = pdf("<< /Type /Pages /Count 7 >>");
        var begun = new CountDownLatch(2);
        var end = new CountDownLatch(1);
        var slow = Stream.generate(() -> CompletableFuture.supplyAsync(() -> {
                    try {
                        return count(new Paused(pdf, begun, end), pdf.length);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }))
                .limit(2)
                .toList();
        try {
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(PdfPageCount.of(new ByteArrayInputStream(pdf), pdf.length, Duration.ofMillis(1)))
                    .as("a third one")
                    .isEmpty();
        } finally {
            end.countDown();
        }
        for (var look : slow) {
            assertThat(look.get(20, TimeUnit.SECONDS)).hasValue(7);
        }
        assertThat(count(pdf)).hasValue(7);
    }

    @Test
    void veryLargeFileThatIsNoPdfIsNotReadAtAll() throws IOException {
        var file = new Endless("MZ".getBytes(StandardCharsets.ISO_8859_1), 100 << 20);
        assertThat(PdfPageCount.of(file, file.length, PATIENCE)).isEmpty();
        assertThat(file.position).isLessThan(10);
    }

    private static OptionalInt of(PdfPageCount count, byte[] bytes) throws IOException {
        return count.of(new ByteArrayInputStream(bytes), bytes.length);
    }

    private static PdfPageCount counting() {
        return new PdfPageCount(PATIENCE, () -> 0);
    }

    private static long charactersReadOf(String text) {
        var counted = new CountedReads(text);
        counting().nodes(counted);
        return counted.reads;
    }

    private static final class CountedReads implements CharSequence {
        private final String text;
        private long reads;

        CountedReads(String text) {
            this.text = text;
        }

        @Override
        public char charAt(int index) {
            reads++;
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Says that its second reading has begun, and waits in there until it may end. */
    private static final class Paused extends ByteArrayInputStream {
        private final CountDownLatch begun;
        private final CountDownLatch end;

        Paused(byte[] bytes, CountDownLatch begun, CountDownLatch end) {
            super(bytes);
            this.begun = begun;
            this.end = end;
        }

        @Override
        public int readNBytes(byte[] target, int offset, int length) {
            begun.countDown();
            try {
                end.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return super.readNBytes(target, offset, length);
        }
    }

    /** Zeros after a beginning. */
    private static final class Endless extends InputStream {
        private final byte[] start;
        private final long length;
        private long position;

        Endless(byte[] start, long length) {
            this.start = start;
            this.length = length;
        }

        @Override
        public int read() {
            if (position >= length) {
                return -1;
            }
            int at = (int) Math.min(position++, start.length);
            return at < start.length ? start[at] : 0;
        }

        @Override
        public int read(byte[] target, int offset, int count) throws IOException {
            if (position < start.length) {
                return super.read(target, offset, Math.min(count, start.length - (int) position));
            }
            if (position >= length) {
                return -1;
            }
            java.util.Arrays.fill(target, offset, offset + count, (byte) 0);
            position += count;
            return count;
        }
    }
}
