package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;

/** What tests say about submissions that are refused. */
final class Refusal {
    private static final int MOST_OF_A_NAME = 100;

    private Refusal() {}

    /**
     * @param field that is named; null when none is
     * @param words that the answer says
     */
    static void of(
            RunningApi api, String contentType, byte[] body, int status, String code, String field, String words) {
        var headers = contentType.isEmpty()
                ? new String[] {"X-Request-Id", "request-7"}
                : new String[] {"X-Request-Id", "request-7", "Content-Type", contentType};
        var answer = api.send("POST", "/pipeline/enqueue", body, headers)
                .isProblem(status, code, field)
                .says(words);
        assertThat(answer.json().path("request_id").asText()).isEqualTo("request-7");
        assertThat(answer.header("Connection")).as("it goes on").isNull();
    }

    /** Of a test: the end of what the body begins with. */
    static String name(byte[] body) {
        var start = new String(body, 0, Math.min(body.length, 300), StandardCharsets.UTF_8)
                .replaceAll("\\s+", " ")
                .replace('\0', '0');
        return start.substring(Math.max(0, start.length() - MOST_OF_A_NAME));
    }
}
