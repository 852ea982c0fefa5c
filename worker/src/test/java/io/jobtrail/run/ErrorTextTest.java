package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "cannot reach postgresql://ann:hunter2@db.example:5432/jobs",
                "cannot reach redis://:hunter2@cache.example",
                "Authorization: Bearer hunter2hunter2",
                "authorization: bearer hunter2.hunter2",
                "key sk-hunter2hunter2 is not valid",
                "password=hunter2&user=ann",
                "{\"password\": \"hunter2\"}",
                "api_key: hunter2",
                "API-KEY=hunter2, retry",
                "token='hunter2'",
                "client_secret=hunter2"
            })
    void secretsAreMasked(String text) {
        assertThat(ErrorText.clean(text)).doesNotContain("hunter2").contains("***");
        assertThat(ErrorText.of(new IllegalStateException(text))).doesNotContain("hunter2");
    }

    @Test
    void whatIsNoSecretStays() {
        var text = "GET https://example.com:8080/a?page=2 answered 500; tokens: 12 of 40 used by ann@example.com";
        assertThat(ErrorText.clean(text)).isEqualTo(text);
    }

    @Test
    void charactersThatPostgresRefusesAreReplaced() {
        assertThat(ErrorText.clean("a\0b\ud800c")).isEqualTo("a\ufffdb\ufffdc");
        assertThat(ErrorText.clean(null)).isEmpty();
    }

    @Test
    void theTextIsCutAtEightKilobytesBetweenTwoCharacters() {
        assertThat(ErrorText.clean("a".repeat(8192))).isEqualTo("a".repeat(8192));
        for (var text : new String[] {
            "a".repeat(10 << 20), "ä".repeat(10_000), "xä".repeat(10_000), "\ud83d\ude00".repeat(9_000)
        }) {
            var cut = ErrorText.clean(text);
            assertThat(cut.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(8192 - 8, 8192);
            assertThat(cut).endsWith("…").doesNotContain("\ufffd");
        }
    }

    @Test
    void aSecretAtTheCutDoesNotShow() {
        for (int before = 8100; before < 8300; before += 10) {
            assertThat(ErrorText.clean("x".repeat(before) + " redis://ann:hunter2hunter2@host"))
                    .doesNotContain("hunter2");
        }
        // Masking shortens the text, so that more of it fits.
        var crowded = "password=" + "p".repeat(9_000) + " " + "x".repeat(7_350) + " redis://ann:hunter2hunter2@host";
        assertThat(ErrorText.clean(crowded)).doesNotContain("hunter2");
    }

    @Test
    void theTraceBelongsToTheText() {
        var text = ErrorText.of(new IllegalStateException("outer", new RuntimeException("inner")));
        assertThat(text).startsWith("java.lang.IllegalStateException: outer").contains("inner", "ErrorTextTest.java");
    }
}
