package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PdfPageCountTest {
    @ParameterizedTest
    @CsvSource({"memo.pdf, 2", "quarterly-report.pdf, 8", "long-manual.pdf, 53"})
    void samplesHaveTheirPages(String name, int pages) throws IOException {
        assertThat(count(Files.readAllBytes(Path.of("../samples", name)))).hasValue(pages);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<< /Type /Pages /Kids [3 0 R] /Count 7 >>",
                "<</Count 7/Kids[3 0 R]/Type/Pages>>",
                "<< /Type/Pages\n/MediaBox [0 0 1 1]\n/Count\n7>>",
                "<< /Type /Pages /Count 3 /Parent 1 0 R >> << /Type /Pages /Count 7 /Kids [2 0 R] >>"
            })
    void plainTreeIsRead(String tree) throws IOException {
        assertThat(count(pdf(tree))).hasValue(7);
    }

    @Test
    void rootWithVeryManyKidsIsRead() throws IOException {
        assertThat(count(pdf("<< /Type /Pages /Kids [" + "3 0 R ".repeat(5_000) + "] /Count 5000 >>")))
                .hasValue(5_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<< /Type /Page /Count 7 >>",
                "<< /Type /Outlines /Count 7 >>",
                "<< /Count 7 >> << /Type /Pages /Kids [] >>",
                "<< /Type /Pages /Count -7 >>",
                "no tree at all"
            })
    void whatIsNoPageTreeIsUnknown(String text) throws IOException {
        assertThat(count(pdf(text))).isEmpty();
    }

    @Test
    void treeInObjectStreamIsRead() throws IOException {
        assertThat(count(objectStream("1 0 << /Type /Pages /Count 7 /Kids [3 0 R] >>")))
                .hasValue(7);
    }

    @Test
    void brokenObjectStreamIsUnknown() throws IOException {
        assertThat(count(pdf("<< /Type /ObjStm >>\nstream\nnot compressed at all\nendstream")))
                .isEmpty();
        assertThat(count(pdf("<< /Type /ObjStm >>\nstream"))).isEmpty();
        assertThat(count(pdf("<< /Type /ObjStm"))).isEmpty();
    }

    @Test
    void truncatedFileNeverFails() throws IOException {
        var whole = Files.readAllBytes(Path.of("../samples/quarterly-report.pdf"));
        for (int length = 0; length < whole.length; length += 997) {
            var pages = count(java.util.Arrays.copyOf(whole, length));
            assertThat(pages.orElse(8)).isBetween(1, 8);
        }
    }

    @Test
    void hugeCountIsOnlyANumber() throws IOException {
        assertThat(count(pdf("<< /Type /Pages /Count 9999999 >>"))).hasValue(9_999_999);
        assertThat(count(pdf("<< /Type /Pages /Count 99999999999999999999 >>")).orElse(0))
                .isNotNegative();
    }

    @Test
    void treeAtTheBorderOfTwoWindowsIsRead() throws IOException {
        var tree = "<< /Type /Pages /Kids [3 0 R] /Count 7 >>";
        for (int offset = -60; offset <= 60; offset += 3) {
            assertThat(count(pdf("x".repeat((1 << 20) + offset - 40) + tree)))
                    .as("at %d", offset)
                    .hasValue(7);
        }
    }

    static OptionalInt count(byte[] bytes) throws IOException {
        return count(new ByteArrayInputStream(bytes), bytes.length);
    }

    static OptionalInt count(InputStream bytes, long size) throws IOException {
        return PdfPageCount.of(bytes, size, Duration.ofSeconds(20));
    }

    static byte[] pdf(String body) {
        return ("%PDF-1.7\n" + body + "\n%%EOF").getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] objectStream(String objects) {
        var pdf = new ByteArrayOutputStream();
        pdf.writeBytes("%PDF-1.7\n5 0 obj << /Type /ObjStm /N 1 /First 4 >>\nstream\r\n"
                .getBytes(StandardCharsets.ISO_8859_1));
        try (var deflater = new DeflaterOutputStream(pdf)) {
            deflater.write(objects.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        pdf.writeBytes("\nendstream endobj\n%%EOF".getBytes(StandardCharsets.ISO_8859_1));
        return pdf.toByteArray();
    }
}
