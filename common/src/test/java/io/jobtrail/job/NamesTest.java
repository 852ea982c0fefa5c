package io.jobtrail.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "process_document", "acme.eu_1-b", "-", "A9"})
    void harmlessNamesAreValid(String name) {
        assertThat(Names.isValid(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a/b", "a\n", "é", "a\0", "a:b"})
    void allOthersAreNot(String name) {
        assertThat(Names.isValid(name)).isFalse();
    }

    @Test
    void sixtyFourCharactersAreTheMost() {
        assertThat(Names.isValid("x".repeat(64))).isTrue();
        assertThat(Names.isValid("x".repeat(65))).isFalse();
    }
}
