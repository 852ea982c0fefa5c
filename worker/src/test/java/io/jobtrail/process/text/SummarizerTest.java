package io.jobtrail.process.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.process.extract.PageFile.Page;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SummarizerTest {
    private static String summary(String language, String text) {
        Summarizer summarizer = new Summarizer(language);
        new Sentences(List.of(new Page(null, text)).iterator(), language).forEachRemaining(summarizer::accept);
        return summarizer.summary();
    }

    @Test
    void theSentencesThatShareMostAreGivenInOrder() {
        String summary = summary("en", """
                Kiwi birds live in the forests of New Zealand. My neighbour owns a red bicycle with two bells.
                Kiwi birds sleep in the forests by day and hunt by night. Yesterday the bakery sold seven strange cakes.
                In New Zealand the kiwi birds are protected by law. Quantum computers calculate with entangled particles.""");

        assertThat(summary)
                .isEqualTo("Kiwi birds live in the forests of New Zealand."
                        + " Kiwi birds sleep in the forests by day and hunt by night."
                        + " In New Zealand the kiwi birds are protected by law.");
    }

    @Test
    void theSameSentenceIsNotSaidTwice() {
        String summary =
                summary("en", "The cat sat on the warm mat. ".repeat(10) + "The dog lay on the cold stone floor.");

        assertThat(summary).isEqualTo("The cat sat on the warm mat. The dog lay on the cold stone floor.");
    }

    @Test
    void japaneseIsSummarised() {
        assertThat(summary("ja", "東京は日本の首都です。東京には多くの人が住んでいます。昨日は雨が降りました。日本の首都である東京の人口は多いです。猫が好きです。"))
                .contains("東京")
                .endsWith("。");
    }

    @Test
    void aTextWithoutSentencesIsSummarisedByItsBeginning() {
        assertThat(summary(null, "name,price\napple,3\npear,4")).isEqualTo("name,price apple,3 pear,4");
        assertThat(summary(null, "x,y,z\n".repeat(1000)))
                .hasSize(300)
                .startsWith("x,y,z x,y,z")
                .endsWith("…");
    }

    @Test
    void aVeryLongTextIsSummarisedFromABoundedSelection() {
        String text = IntStream.range(0, 20_000)
                .mapToObj(i -> "Sentence " + i + " tells about topic " + i % 97 + " and subject " + i % 89 + ".")
                .collect(Collectors.joining(" "));

        String summary = summary("en", text);

        assertThat(summary.split("(?<=\\.) ")).hasSize(5);
        assertThat(summary).isEqualTo(summary("en", text));
    }
}
