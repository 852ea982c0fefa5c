package io.jobtrail.process.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.handler.JobContext.Chunk;
import io.jobtrail.process.extract.PageFile.Page;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkerTest {
    private static List<String> sentences(String language, Page... pages) {
        List<String> sentences = new ArrayList<>();
        new Sentences(List.of(pages).iterator(), language)
                .forEachRemaining(s -> sentences.add(s.text().strip()));
        return sentences;
    }

    private static List<Chunk> chunks(int budget, int overlap, Page... pages) {
        List<Chunk> chunks = new ArrayList<>();
        new Chunker(new Sentences(List.of(pages).iterator(), "en"), budget, overlap).forEachRemaining(chunks::add);
        return chunks;
    }

    private static Page page(int number, String text) {
        return new Page(number, text);
    }

    private static Page text(String text) {
        return new Page(null, text);
    }

    @Test
    void englishIsCutIntoSentences() {
        assertThat(sentences("en", text("Dr. Smith paid 3.50 at J. Doe's. Was it much? No!\n\nA heading\n\nThe end.")))
                .containsExactly("Dr. Smith paid 3.50 at J. Doe's.", "Was it much?", "No!", "A heading", "The end.");
    }

    @Test
    void japaneseIsCutIntoSentences() {
        assertThat(sentences("ja", text("今日はいい天気です。散歩に行きましょう！本当ですか？はい。")))
                .containsExactly("今日はいい天気です。", "散歩に行きましょう！", "本当ですか？", "はい。");
    }

    @Test
    void wrappedLinesDoNotEndASentence() {
        assertThat(sentences("en", text("A sentence that goes\nover two lines. Next.")))
                .containsExactly("A sentence that goes\nover two lines.", "Next.");
    }

    @Test
    void sentencesGoOnOverPages() {
        List<Chunk> chunks = chunks(8, 0, page(1, "First. This one goes"), page(2, "on here today. Last one of them."));

        assertThat(chunks)
                .extracting(Chunk::text)
                .containsExactly("First.", "This one goes on here today.", "Last one of them.");
        assertThat(chunks).extracting(c -> c.pageFrom() + "-" + c.pageTo()).containsExactly("1-1", "1-2", "2-2");
    }

    @Test
    void wordsHyphenatedOverPagesAreJoined() {
        assertThat(sentences("en", page(1, "A hyphen-"), page(2, "ated word."))).containsExactly("A hyphenated word.");
    }

    @Test
    void aFullStopOrACapitalEndsTheSentenceAtThePage() {
        assertThat(sentences("en", page(1, "Ends here."), page(2, "goes on"))).containsExactly("Ends here.", "goes on");
        assertThat(sentences("en", page(1, "A heading"), page(2, "Text."))).containsExactly("A heading", "Text.");
    }

    @Test
    void chunksKeepToTheBudgetAndLoseNothing() {
        String text = IntStream.range(0, 200)
                .mapToObj(i -> "Sentence number " + i + " is here" + " again".repeat(i % 7) + ".")
                .collect(Collectors.joining(" "));

        List<Chunk> chunks = chunks(60, 0, text(text));

        assertThat(chunks).hasSizeGreaterThan(10).allSatisfy(chunk -> {
            assertThat(chunk.tokens()).isBetween(30, 60);
            assertThat(chunk.text()).startsWith("Sentence").endsWith(".");
        });
        assertThat(chunks.stream().map(Chunk::text).collect(Collectors.joining(" ")))
                .isEqualTo(text);
    }

    @Test
    void aChunkBeginsWithTheLastSentencesOfTheOneBefore() {
        String text = IntStream.range(0, 50).mapToObj(i -> "Number " + i + ".").collect(Collectors.joining(" "));

        List<Chunk> chunks = chunks(20, 6, text(text));

        for (int i = 1; i < chunks.size(); i++) {
            String first = chunks.get(i).text().split("(?<=\\.) ")[0];
            assertThat(chunks.get(i - 1).text()).contains(first);
            assertThat(chunks.get(i).tokens()).isLessThanOrEqualTo(20);
        }
        assertThat(chunks.get(chunks.size() - 1).text()).endsWith("Number 49.");
    }

    @Test
    void lessIsRepeatedBeforeALongSentence() {
        String text =
                "Twelve letters one. Twelve letters two. " + "A long sentence ".repeat(3) + "at the very end of it.";

        assertThat(chunks(20, 9, text(text)))
                .hasSize(2)
                .allSatisfy(chunk -> assertThat(chunk.tokens()).isLessThanOrEqualTo(20));
    }

    @Test
    void nothingIsRepeatedAtTheEnd() {
        assertThat(chunks(20, 9, text("This sentence is some thirty characters. And this one is as long as that.")))
                .hasSize(1);
    }

    @Test
    void anOverlongSentenceIsSplitAtSpaces() {
        String text = "word ".repeat(500).strip();

        List<Chunk> chunks = chunks(50, 10, text(text));

        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.tokens()).isLessThanOrEqualTo(50);
            assertThat(chunk.text()).matches("(word ?)+");
        });
        assertThat(chunks.stream().map(Chunk::text).collect(Collectors.joining(" ")))
                .isEqualTo(text);
    }

    @Test
    void aTextWithoutSpacesIsSplitBetweenCharacters() {
        List<Chunk> chunks = chunks(10, 0, text("😀".repeat(101)));

        assertThat(chunks.stream().map(Chunk::text).collect(Collectors.joining()))
                .isEqualTo("😀".repeat(101));
        assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.text()).matches("(😀)+"));
    }

    @Test
    void textOnPagesAndTextWithoutPagesDoNotMix() {
        List<Chunk> chunks = chunks(100, 20, page(1, "On a page."), text("In an attachment."));

        assertThat(chunks).extracting(Chunk::text).containsExactly("On a page.", "In an attachment.");
        assertThat(chunks).extracting(Chunk::pageFrom).containsExactly(1, null);
    }

    @ParameterizedTest
    @CsvSource({"abcd, 1", "abcde, 2", "日本語, 3", "日本語abcd, 4", "한국어, 3", "'', 0", "😀😀, 1"})
    void tokensAreEstimated(String text, int tokens) {
        assertThat(Tokens.estimate(text)).isEqualTo(tokens);
    }
}
