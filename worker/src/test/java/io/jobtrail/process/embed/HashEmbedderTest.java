package io.jobtrail.process.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashEmbedderTest {
    private static float[] embed(String text) {
        return new HashEmbedder().embed(List.of(text)).get(0);
    }

    private static double cosine(String one, String other) {
        float[] a = embed(one);
        float[] b = embed(other);
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "The quick brown fox", "東京タワー", "!!!", "12 34 12 34"})
    void vectorsHaveLengthOne(String text) {
        assertThat(embed(text)).hasSize(384);
        assertThat(cosine(text, text)).isCloseTo(1, within(1e-5));
    }

    @Test
    void textsThatShareWordsAreNearer() {
        String query = "kiwi birds of the forest";

        assertThat(cosine(query, "forest birds like the kiwi")).isGreaterThan(0.4);
        assertThat(cosine(query, "interest rates of central banks")).isLessThan(0.25);
    }

    @Test
    void caseAndCompositionDoNotMatter() {
        assertThat(embed("KĀINGA")).isEqualTo(embed("ka\u0304inga"));
    }

    /** The places were reckoned with another program from the rules alone; stored vectors depend on them. */
    @Test
    void theRulesAreFixedForGood() {
        float[] expected = new float[384];
        expected[309] = -(float) Math.sqrt(0.5); // w:a
        expected[119] = (float) Math.sqrt(0.5); // c:^a$

        assertThat(embed("A.")).containsExactly(expected, within(1e-6f));
    }
}
