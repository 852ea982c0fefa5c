package io.jobtrail.process.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.document.WorkDirectory;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextExtractorTest {
    @TempDir
    static Path temp;

    private static WorkDirectory work;
    private static TextExtractor extractor;

    private record Result(Extraction extraction, List<PageFile.Page> pages) {
        String text() {
            return pages.stream().map(PageFile.Page::text).collect(Collectors.joining("|"));
        }
    }

    @BeforeAll
    static void start() {
        work = WorkDirectory.createIn(temp, "work");
        extractor = new TextExtractor(1, 128, Duration.ofMinutes(1), 20_000_000, work);
    }

    @AfterAll
    static void stop() {
        extractor.close();
        work.close();
    }

    private static Result extract(byte[] document) throws Exception {
        Path input = Files.write(temp.resolve("input"), document);
        Path output = temp.resolve("output");
        Extraction extraction = extractor.extract(input, output, () -> Duration.ofHours(1), () -> {});
        List<PageFile.Page> pages = new ArrayList<>();
        try (PageFile.Reader reader = PageFile.read(output)) {
            reader.forEachRemaining(pages::add);
        }
        return new Result(extraction, pages);
    }

    @Test
    void pagesOfAPdfKeepTheirNumbers() throws Exception {
        Result result = extract(Pdfs.withPages(List.of(List.of("First page."), List.of(), List.of("Third page."))));

        assertThat(result.extraction().contentType()).isEqualTo("application/pdf");
        assertThat(result.extraction().pages()).isEqualTo(3);
        assertThat(result.pages())
                .filteredOn(page -> !page.text().isBlank())
                .satisfiesExactly(
                        page -> assertThat(page.number() + " " + page.text().strip())
                                .isEqualTo("1 First page."),
                        page -> assertThat(page.number() + " " + page.text().strip())
                                .isEqualTo("3 Third page."));
    }

    @Test
    void columnsAreReadOneAfterTheOther() throws Exception {
        Result result = extract(Pdfs.withColumns(
                List.of("The left column", "goes down here", "to its end."),
                List.of("The right column", "comes after it.")));

        assertThat(result.text().replaceAll("\\s+", " ").strip())
                .isEqualTo("The left column goes down here to its end. The right column comes after it.");
    }

    @Test
    void slidesArePages() throws Exception {
        Result result = extract(Office.pptx(List.of("First slide", "Second slide")));

        assertThat(result.extraction().pages()).isEqualTo(2);
        assertThat(result.pages())
                .filteredOn(page -> page.text().contains("Second"))
                .singleElement()
                .satisfies(page -> assertThat(page.number()).isEqualTo(2));
    }

    @Test
    void paragraphsOfAWordDocumentStayApart() throws Exception {
        Result result = extract(Office.docx(List.of("One paragraph.", "Another with māori and 日本語.")));

        assertThat(result.extraction().pages()).isNull();
        assertThat(result.text().strip()).isEqualTo("One paragraph.\n\nAnother with māori and 日本語.");
    }

    @Test
    void rowsOfASheetBecomeLinesWithTabs() throws Exception {
        Result result = extract(Office.xlsx(List.of(List.of("apple", "3"), List.of("pear", "4"))));

        assertThat(result.extraction().pages()).isNull();
        assertThat(result.text()).contains("apple\t3").contains("pear\t4");
        assertThat(result.text().indexOf("pear"))
                .isGreaterThan(result.text().indexOf("\n", result.text().indexOf("apple")));
    }

    @Test
    void attachmentsOfAnEmailAreRead() throws Exception {
        String mail = String.join(
                "\r\n",
                "From: a@example.org",
                "To: b@example.org",
                "Subject: Report for June",
                "MIME-Version: 1.0",
                "Content-Type: multipart/mixed; boundary=cut",
                "",
                "--cut",
                "Content-Type: text/plain; charset=utf-8",
                "",
                "Please see the attachment.",
                "--cut",
                "Content-Type: text/html; name=report.html",
                "Content-Disposition: attachment; filename=report.html",
                "",
                "<html><body><p>Sales went up.</p></body></html>",
                "--cut--",
                "");

        Result result = extract(mail.getBytes(StandardCharsets.US_ASCII));

        assertThat(result.extraction().contentType()).isEqualTo("message/rfc822");
        assertThat(result.extraction().title()).isEqualTo("Report for June");
        assertThat(result.text()).contains("Please see the attachment.").contains("Sales went up.");
    }

    @Test
    void archivesGiveTheTextOfTheirFiles() throws Exception {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("a.pdf", Pdfs.withPages(List.of(List.of("Text of the PDF."))));
        entries.put("b.bin", new byte[] {0, 1, 2, 3});

        Result result = extract(Office.zip(entries));

        assertThat(result.text()).contains("Text of the PDF.");
        assertThat(result.extraction().pages()).isNull();
        assertThat(result.pages()).allSatisfy(page -> assertThat(page.number()).isNull());
    }

    @Test
    void htmlGivesItsTitleAndNoMarkup() throws Exception {
        Result result = extract(
                "<!DOCTYPE html><html><head><title>Fish</title><style>p{}</style></head><body><p>Caf&eacute; <b>now</b></p><script>var x=1</script></body></html>"
                        .getBytes(StandardCharsets.UTF_8));

        assertThat(result.extraction().title()).isEqualTo("Fish");
        assertThat(result.text().strip()).isEqualTo("Café now");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "# Heading\n\nSome *text* here, and more.",
                "a,b,c\n1,2,3\n4,5,6\n",
                "{\"name\": \"value\", \"list\": [1, 2]}",
                "{\\rtf1\\ansi\\deff0 {\\fonttbl{\\f0 Arial;}}\\pard Plain words\\par}"
            })
    void textualFormatsAreText(String document) throws Exception {
        Result result = extract(document.getBytes(StandardCharsets.UTF_8));

        assertThat(result.text()).isNotBlank();
    }

    @ParameterizedTest
    @CsvSource({
        "UTF-8, Ngā mihi ki a koutou katoa",
        "UTF-8, 日本語の文章です。",
        "ISO-8859-1, Les élèves français ont été à la fête où l’on dîne",
        "windows-1252, “Größe” – für alle Straßen Münchens",
        "ISO-8859-1, Größe",
        "UTF-16, Ngā mihi ki a koutou katoa",
        "UTF-16LE, A plain English sentence without a mark",
        "UTF-16BE, A plain English sentence without a mark",
        "Shift_JIS, これは日本語の文章です。今日はいい天気ですね。",
    })
    void encodingsOfPlainTextAreRecognised(Charset charset, String text) throws Exception {
        String encodable = charset.newEncoder().canEncode(text) ? text : text.replace('’', '\'');
        assertThat(extract(encodable.getBytes(charset)).text().strip()).isEqualTo(encodable);
    }

    @Test
    void oneAccentFarIntoATextIsEnoughForUtf8() throws Exception {
        String text = "plain words only. ".repeat(20_000) + "kāinga";

        assertThat(extract(text.getBytes(StandardCharsets.UTF_8)).text().strip())
                .endsWith("kāinga");
    }

    @Test
    void oneDamagedByteDoesNotSpoilAUtf8Text() throws Exception {
        byte[] text = "Ngā kōrero mō te kāinga. ".repeat(20).getBytes(StandardCharsets.UTF_8);
        byte[] damaged = Arrays.copyOf(text, text.length + 1);
        damaged[text.length] = (byte) 0xE9;

        assertThat(extract(damaged).text()).startsWith("Ngā kōrero mō te kāinga.");
    }

    @Test
    void longTextComesInPiecesThatMakeUpTheWhole() throws Exception {
        String text = IntStream.range(0, 60_000)
                .mapToObj(i -> "w" + i + (i % 50 == 0 ? "\n" : "😀 "))
                .collect(Collectors.joining())
                .strip();

        List<String> pieces = extract(text.getBytes(StandardCharsets.UTF_8)).pages().stream()
                .map(PageFile.Page::text)
                .toList();

        assertThat(pieces)
                .hasSizeGreaterThan(3)
                .allSatisfy(piece -> assertThat(piece.length()).isLessThan(140_000));
        String together = String.join("", pieces).strip();
        int difference = Arrays.mismatch(together.toCharArray(), text.toCharArray());
        assertThat(difference).as("first difference").isEqualTo(-1);
    }

    @Test
    void noiseOnStandardOutputDoesNoHarm() throws Exception {
        assertThat(extract(HostileParser.document("print")).text().strip()).isEqualTo("done");
    }

    @Test
    void theParserSeesNoSecretsInItsEnvironment() throws IOException, Exception {
        assertThat(System.getenv()).containsKey("PATH");
        assertThat(extract(HostileParser.document("environment")).text())
                .contains("environment [")
                .doesNotContain("PATH", "HOME");
    }
}
