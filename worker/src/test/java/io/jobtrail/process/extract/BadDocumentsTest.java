package io.jobtrail.process.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.document.WorkDirectory;
import io.jobtrail.handler.PermanentFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with a document, it gets the code that says so, and the next document is read. */
class BadDocumentsTest {
    @TempDir
    static Path temp;

    private static WorkDirectory work;
    private static TextExtractor extractor;

    @BeforeAll
    static void start() {
        work = WorkDirectory.createIn(temp, "work");
        extractor = new TextExtractor(1, 64, Duration.ofMinutes(1), 5_000_000, work);
    }

    @AfterAll
    static void stop() {
        extractor.close();
        work.close();
    }

    private static Extraction extract(byte[] document) throws IOException, InterruptedException {
        return extractor.extract(
                Files.write(temp.resolve("input"), document),
                temp.resolve("output"),
                () -> Duration.ofHours(1),
                () -> {});
    }

    static Stream<Arguments> badDocuments() {
        byte[] pdf = Pdfs.withPages(List.of(List.of("One page."), List.of("Another page.")));
        byte[] docx = Office.docx(List.of("A paragraph.", "Another one."));
        byte[] random = new byte[10_000];
        new Random(1).nextBytes(random);
        byte[] garbage = "%PDF-1.7\n%âãÏÓ\nthis is not what it claims to be\n%%EOF\n".getBytes(StandardCharsets.UTF_8);
        byte[] ole = Arrays.copyOf(
                new byte[] {(byte) 0xD0, (byte) 0xCF, 0x11, (byte) 0xE0, (byte) 0xA1, (byte) 0xB1, 0x1A, (byte) 0xE1},
                4000);
        byte[] exe = Arrays.copyOf(
                new byte[] {'M', 'Z', (byte) 0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0, (byte) 0xFF, (byte) 0xFF}, 4000);
        return Stream.of(
                Arguments.of("PDF with a password", "ENCRYPTED", Pdfs.encrypted("secret")),
                Arguments.of("Word file with a password", "ENCRYPTED", Office.encrypted(docx)),
                Arguments.of("PDF of an image", "NO_TEXT", Pdfs.withImageOnly()),
                Arguments.of("PDF without content", "NO_TEXT", Pdfs.withPages(List.of(List.of()))),
                Arguments.of("text of spaces", "NO_TEXT", " \n \n ".getBytes(StandardCharsets.UTF_8)),
                Arguments.of("half a PDF", "INPUT_CORRUPT", Arrays.copyOf(pdf, pdf.length / 2)),
                Arguments.of("PDF without its last bytes", "INPUT_CORRUPT", Arrays.copyOf(pdf, pdf.length - 10)),
                Arguments.of("half a Word file", "INPUT_CORRUPT", Arrays.copyOf(docx, docx.length / 2)),
                Arguments.of("PDF in name only", "INPUT_CORRUPT", garbage),
                Arguments.of("old Office file in name only", "INPUT_CORRUPT", ole),
                Arguments.of("random bytes", "UNSUPPORTED_TYPE", random),
                Arguments.of("program", "UNSUPPORTED_TYPE", exe),
                Arguments.of("zip bomb", "EXTRACT_LIMIT", Office.zipBomb(200)),
                Arguments.of(
                        "too much text",
                        "EXTRACT_LIMIT",
                        "words ".repeat(1_000_000).getBytes(StandardCharsets.UTF_8)),
                Arguments.of("endless recursion", "EXTRACT_LIMIT", HostileParser.document("nesting")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("badDocuments")
    void aBadDocumentFailsWithItsCode(String kind, String code, byte[] document) throws Exception {
        assertThatThrownBy(() -> extract(document))
                .isInstanceOfSatisfying(
                        PermanentFailure.class,
                        e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));

        assertThat(extract("A good text.".getBytes(StandardCharsets.UTF_8)).contentType())
                .isEqualTo("text/plain");
    }
}
