package io.jobtrail.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class JsonTest {
    private static final String BAD = "a\0b\ud800c\udc00d😀";
    private static final String GOOD = "a\ufffdb\ufffdc\ufffdd😀";

    record Named(String firstName, Instant at, Duration took) {}

    record Bad(String text) {}

    record Raw(@JsonRawValue String text) {}

    @Test
    void namesAreSnakeCaseAndTimesAreText() {
        assertThat(Json.write(new Named("x", Instant.parse("2026-01-02T03:04:05.5Z"), Duration.ofSeconds(90))))
                .isEqualTo("{\"first_name\":\"x\",\"at\":\"2026-01-02T03:04:05.500Z\",\"took\":\"PT1M30S\"}");
    }

    @ParameterizedTest
    @CsvSource(
            value = {"{\"text\":\"x\",\"more\":1}", "{\"text\":\"x\"} tail", "{\"text\"", "[1,"},
            delimiter = ';')
    void whatDoesNotFitIsRefused(String text) {
        assertThatThrownBy(() -> Json.MAPPER.readValue(text, Bad.class)).isInstanceOf(JsonProcessingException.class);
    }

    @Test
    void nestingIsBounded() throws Exception {
        assertThat(Json.MAPPER.readTree("[".repeat(100) + "]".repeat(100))).isNotNull();
        assertThatThrownBy(() -> Json.MAPPER.readTree("[".repeat(101) + "]".repeat(101)))
                .isInstanceOf(JsonProcessingException.class);
    }

    @Test
    void textForTheDatabaseHoldsNothingThatPostgresRefuses() {
        for (var value : List.of(
                BAD,
                new Bad(BAD),
                Map.of(BAD, BAD),
                List.of(BAD, List.of(BAD)),
                new String[] {BAD},
                BAD.toCharArray(),
                new TextNode(BAD),
                Json.MAPPER.createObjectNode().put(BAD, BAD),
                new StringBuilder(BAD))) {
            assertThat(Json.forDatabase(value))
                    .as(value.getClass().getName())
                    .contains(GOOD)
                    .doesNotContain("\\u0000", "\0", "\\ud8", "\\uD8", "\\udc", "\\uDC");
        }
    }

    static List<Object> impossible() {
        var cycle = new HashMap<String, Object>();
        cycle.put("self", cycle);
        var deep = new ArrayList<>();
        var inner = deep;
        for (int i = 0; i < 100_000; i++) {
            var next = new ArrayList<>();
            inner.add(next);
            inner = next;
        }
        return List.of(
                Double.NaN,
                Float.POSITIVE_INFINITY,
                List.of(1.0, Double.NEGATIVE_INFINITY),
                new double[] {1, Double.NaN},
                new float[] {Float.NaN},
                Map.of("a", Double.NaN),
                cycle,
                deep,
                new BigDecimal("1e200000"),
                new BigDecimal("-1e-20000"),
                new BigDecimal("1e-2147483647"),
                BigInteger.TEN.pow(2000),
                DecimalNode.valueOf(new BigDecimal("1e200000")),
                new Raw("1e200000"),
                new Raw("{\"open\": "),
                new Raw("1 2"),
                new Raw("[".repeat(1000)),
                new Object());
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource("impossible")
    void whatJsonCannotSayIsRefused(Object value) {
        assertThatThrownBy(() -> Json.forDatabase(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be written as JSON");
    }

    @Test
    void whatIsWrittenForTheDatabaseCanBeReadAgain() throws Exception {
        Object nested = 1;
        for (int i = 0; i < 99; i++) {
            nested = List.of(nested);
        }
        assertThat(Json.MAPPER.readTree(Json.forDatabase(nested))).isNotNull();
        assertThat(Json.forDatabase(null)).isEqualTo("null");
        assertThat(Json.forDatabase(new double[] {1.5, 2})).isEqualTo("[1.5,2.0]");
        assertThat(Json.forDatabase(Arrays.asList(1, null, true, 2.5f))).isEqualTo("[1,null,true,2.5]");
    }

    @Test
    void numbersMayBeAsLongAsTheyCanBeReadBack() throws Exception {
        for (var number : List.of("1e997", "-1e-997", "0.12345678901234567890123", "123456789012345678901234567890")) {
            var stored = Json.forDatabase(List.of(new BigDecimal(number), new Raw(number)));
            assertThat(stored).contains(new BigDecimal(number).toString());
            assertThat(Json.MAPPER
                            .readTree(new BigDecimal(number).toPlainString())
                            .isNumber())
                    .isTrue();
        }
    }

    @Test
    void rawJsonKeepsToTheSameRules() {
        assertThat(Json.forDatabase(new Raw("{ \"a\": [1, \"x\\u0000\\ud800\", null] }")))
                .isEqualTo("{\"text\":{\"a\":[1,\"x\ufffd\ufffd\",null]}}");
        assertThat(Json.forDatabase(new RawValue("\"\\u0000\""))).isEqualTo("\"\ufffd\"");
    }

    @Test
    void cleanLeavesGoodTextAsItIs() {
        assertThat(Json.clean(null)).isNull();
        var good = "plain";
        assertThat(Json.clean(good)).isSameAs(good);
        assertThat(Json.clean("😀 é")).isEqualTo("😀 é");
        assertThat(Json.clean(BAD)).isEqualTo(GOOD);
        assertThat(Json.clean("\udc00\ud800")).isEqualTo("\ufffd\ufffd");
    }
}
