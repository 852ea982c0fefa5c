package io.jobtrail.process.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.process.extract.PageFile;
import io.jobtrail.process.extract.PageFile.Page;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CleanerTest {
    @TempDir
    Path temp;

    private record Case(String what, String raw, String clean) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<Case> pdfLines() {
        return List.of(
                new Case("composes accents", "ka\u0304inga cafe\u0301", "kāinga café"),
                new Case("expands ligatures", "e\uFB03cient \uFB01sh and \uFB02y", "efficient fish and fly"),
                new Case("keeps other compatibility characters", "x² ½ № ｶﾀｶﾅ Ａ", "x² ½ № ｶﾀｶﾅ Ａ"),
                new Case("removes soft hyphens", "Donau\u00ADdampf\u00AD\nschiff", "Donaudampfschiff"),
                new Case("joins hyphenated words", "an exam-\nple of it", "an example of it"),
                new Case("joins hyphenated words with macrons", "te whaka-\nāro", "te whakaāro"),
                new Case(
                        "keeps a hyphen before a capital",
                        "the Anglo-\nSaxon, COVID-\n19",
                        "the Anglo-Saxon, COVID-19"),
                new Case("keeps a suspended hyphen", "Vor-\nund Nachteile", "Vor- und Nachteile"),
                new Case("leaves dashes alone", "a pause -\nand on", "a pause - and on"),
                new Case("unwraps lines", "one line\ngoes on\n\nnext", "one line goes on\n\nnext"),
                new Case("unwraps Japanese without spaces", "日本語の文\n章です。\n次の文", "日本語の文章です。次の文"),
                new Case(
                        "keeps list items on their lines",
                        "List:\n• one\n• two\n2. three",
                        "List:\n• one\n• two\n2. three"),
                new Case("normalises white space", "  a \u00A0 b  \n\n\n\n c\t \td ", "a b\n\nc\td"),
                new Case("keeps ideographic spaces", "東京\u3000大阪", "東京\u3000大阪"),
                new Case("removes controls and lone surrogates", "a\0b\u0007c\uD800d\uFEFFe\uDC00", "abcde"),
                new Case("keeps surrogate pairs", "a😀𠮷", "a😀𠮷"),
                new Case(
                        "keeps Māori and Japanese as they are",
                        "Ngā mihi ō tātou. がぎぐ、ー々〆",
                        "Ngā mihi ō tātou. がぎぐ、ー々〆"));
    }

    @ParameterizedTest
    @MethodSource("pdfLines")
    void textOfPdfsIsCleaned(Case example) throws IOException {
        assertThat(clean(true, null, List.of(new Page(null, example.raw()))))
                .extracting(Page::text)
                .containsExactly(example.clean());
    }

    @Test
    void linesOfWidelySpacedPagesAreJoined() throws IOException {
        String page =
                "A heading\n\nThe company operates ferries be-\n\ntween the islands and it carried a\n\nmillion passengers. Its fleet is\n\n"
                        + "made of nine boats.\n\nAnother heading\n\n• an item of a list that is long\n\n• another item";

        assertThat(clean(true, null, List.of(new Page(null, page))))
                .extracting(Page::text)
                .containsExactly(
                        "A heading\n\nThe company operates ferries between the islands and it carried a million passengers."
                                + " Its fleet is made of nine boats.\n\nAnother heading\n\n• an item of a list that is long\n\n• another item");
    }

    @Test
    void linesOfOtherDocumentsStay() throws IOException {
        assertThat(clean(false, null, List.of(new Page(null, "a,b\r\nc,d\re"))))
                .extracting(Page::text)
                .containsExactly("a,b\nc,d\ne");
    }

    @Test
    void headersAndFootersAreDropped() throws IOException {
        List<Page> pages = IntStream.rangeClosed(1, 10)
                .mapToObj(i -> new Page(
                        i,
                        "Annual Report\nKāinga Ltd\n\nText of page number " + i * i + ".\n\nPage " + (i + 4)
                                + " of 14"))
                .toList();

        assertThat(clean(true, 10, pages))
                .hasSize(10)
                .allSatisfy(page -> assertThat(page.text())
                        .isEqualTo("Text of page number " + page.number() * page.number() + "."));
    }

    @Test
    void headersOfLeftAndRightPagesAreDropped() throws IOException {
        List<Page> pages = IntStream.rangeClosed(1, 10)
                .mapToObj(i ->
                        new Page(i, (i % 2 == 0 ? i + " The Book" : "The Author " + i) + "\n\nStory " + "x".repeat(i)))
                .toList();

        assertThat(clean(true, 10, pages))
                .allSatisfy(page -> assertThat(page.text()).startsWith("Story"));
    }

    @Test
    void numbersThatDoNotCountPagesStay() throws IOException {
        List<Page> pages = IntStream.rangeClosed(1, 10)
                .mapToObj(i -> new Page(i, "Invoice\n\nthings\n\nTotal " + i * 37))
                .toList();

        assertThat(clean(true, 10, pages))
                .allSatisfy(page -> assertThat(page.text()).endsWith("Total " + page.number() * 37));
    }

    @Test
    void pagesThatAllSayTheSameKeepTheirText() throws IOException {
        List<Page> pages = IntStream.rangeClosed(1, 5)
                .mapToObj(i -> new Page(i, "Confidential"))
                .toList();

        assertThat(clean(true, 5, pages)).hasSize(5);
    }

    @Test
    void emptyPagesAreLeftOutAndTheOthersKeepTheirNumbers() throws IOException {
        assertThat(clean(true, 2, List.of(new Page(1, " \n"), new Page(2, "text"))))
                .containsExactly(new Page(2, "text"));
    }

    private List<Page> clean(boolean unwrap, Integer pages, List<Page> raw) throws IOException {
        Path from = temp.resolve("raw");
        Path to = temp.resolve("clean");
        try (PageFile.Writer writer = PageFile.write(from)) {
            for (Page page : raw) {
                writer.write(page);
            }
        }
        Cleaner.clean(from, to, pages, unwrap, () -> {});
        List<Page> clean = new ArrayList<>();
        try (PageFile.Reader reader = PageFile.read(to)) {
            reader.forEachRemaining(clean::add);
        }
        return clean;
    }
}
