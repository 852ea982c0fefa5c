package io.jobtrail.process.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LanguageTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "en | The committee has read the report and will not change what it said about the two schools in the north.",
                "mi | Ko te reo Māori te reo taketake o Aotearoa, ā, he taonga tuku iho nō ngā tīpuna ki ngā uri whakatipu.",
                "de | Der Ausschuss hat den Bericht gelesen und wird nicht ändern, was er über die beiden Schulen gesagt hat.",
                "fr | Le comité a lu le rapport et ne changera pas ce qu'il a dit sur les deux écoles qui sont dans le nord.",
                "es | El comité ha leído el informe y no va a cambiar lo que dijo sobre las dos escuelas que están en el norte.",
                "it | Il comitato ha letto il rapporto e non cambierà quello che ha detto sulle due scuole della città.",
                "pt | O comitê leu o relatório e não vai mudar o que disse sobre as duas escolas que ficam no norte do país.",
                "nl | De commissie heeft het rapport gelezen en zal niet veranderen wat zij over de twee scholen heeft gezegd.",
                "ja | 委員会は報告書を読み、二つの学校について述べたことを変えません。",
                "zh | 委员会已经阅读了报告，不会改变关于两所学校的说法。",
                "ko | 위원회는 보고서를 읽었고 두 학교에 대해 말한 것을 바꾸지 않을 것이다.",
            })
    void languagesAreRecognised(String language, String text) {
        assertThat(Language.of(text)).isEqualTo(language);
    }

    @ParameterizedTest
    @CsvSource({
        "'12,13,14\n15,16,17'",
        "'x = y + 1; return foo(bar, baz, qux)'",
        "Комитет прочитал доклад и не изменит того что сказал",
        "''",
        "the"
    })
    void unsureIsNull(String text) {
        assertThat(Language.of(text)).isNull();
    }

    @Test
    void wordsAreRunsOfLettersAndSingleIdeographs() {
        assertThat(Words.of("Ngā Ka\u0304inga, 3x — naïve's 東京タワー end"))
                .containsExactly("ngā", "kāinga", "3x", "naïve", "s", "東", "京", "タ", "ワ", "ー", "end");
    }
}
