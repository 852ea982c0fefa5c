package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Names that senders give to files: kept for display, harmless wherever they turn up again. */
class FileNameTest {
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.UTF_8);

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    static Stream<Arguments> names() {
        return Stream.of(
                Arguments.of("../../etc/passwd", "passwd"),
                Arguments.of("/etc/passwd", "passwd"),
                Arguments.of("C:\\\\x\\\\y.pdf", "y.pdf"),
                Arguments.of("..", "unnamed"),
                Arguments.of("....", "unnamed"),
                Arguments.of("", "unnamed"),
                Arguments.of("   ", "unnamed"),
                Arguments.of("dir/", "unnamed"),
                Arguments.of("CON", "CON"),
                Arguments.of("\u202Efdp.exe", "fdp.exe"),
                Arguments.of("a\u200Eb\u061Cc\u2028d\u0085e\uFEFF.txt", "abcde.txt"),
                Arguments.of(
                        "family \uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67.png",
                        "family \uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67.png"),
                Arguments.of("tēnā koe €.txt", "tēnā koe €.txt"),
                Arguments.of("x".repeat(4_096) + ".pdf", "x".repeat(255)),
                Arguments.of("\uD83D\uDE00".repeat(300), "\uD83D\uDE00".repeat(255)),
                Arguments.of("a;b=c, d'e*(f)%20.txt", "a;b=c, d'e*(f)%20.txt"),
                Arguments.of("say \\\"hi\\\".txt", "say \"hi\".txt"),
                Arguments.of("<script>alert(1)<x>.html", "<script>alert(1)<x>.html"));
    }

    @ParameterizedTest
    @MethodSource("names")
    void nameIsStoredCleanAndSentBackSafely(String sent, String stored) {
        var id = api.upload(Form.of(sent, TEXT)).is(202).jobId();
        var payload = api.get("/pipeline/status/" + id).json().path("payload");
        assertThat(payload.path("filename").asText()).isEqualTo(stored);
        var download = api.get("/pipeline/jobs/" + id + "/file").is(200);
        assertThat(download.body()).isEqualTo(TEXT);
        assertThat(download.header("Content-Disposition").replaceAll("%[0-9A-F]{2}", ""))
                // RFC 6266 with the characters that RFC 5987 leaves as they are
                .matches(
                        "attachment; filename=\"[A-Za-z0-9_()][A-Za-z0-9 ._()-]*\"; filename\\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~-]*");
        assertThat(java.net.URLDecoder.decode(
                        download.header("Content-Disposition").split("''")[1].replace("+", "%2B"),
                        StandardCharsets.UTF_8))
                .isEqualTo(stored);
        assertThat(download.header("X-Content-Type-Options")).isEqualTo("nosniff");
    }

    @ParameterizedTest
    @CsvSource({
        "memo (2).pdf, memo (2).pdf",
        "tēnā €.txt, t_n_ _.txt",
        "😀.pdf, _.pdf",
        ".bashrc, _bashrc",
        "-rf, _rf",
        "a;b%22$(c).txt, a_b_22_(c).txt",
        "say \\\"hi\\\".txt, say _hi_.txt"
    })
    void programsThatKnowAsciiOnlyGetANameToo(String sent, String plain) {
        var id = api.upload(Form.of(sent, TEXT)).is(202).jobId();
        assertThat(api.get("/pipeline/jobs/" + id + "/file").header("Content-Disposition"))
                .startsWith("attachment; filename=\"" + plain + "\"; ");
    }

    @Test
    void extendedParameterIsUnderstood() {
        var form = new Form()
                .part("name=\"file\"; filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt", TEXT);
        var id = api.upload(form).is(202).jobId();
        assertThat(api.column(id, "payload->>'filename'")).isIn("naïve €.txt", "naive.txt");
    }

    @Test
    void lineEndOrNulInANameNeverReachesAHeader() {
        for (var name : new String[] {"a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\0b.txt", "a\rb", "bell\u0007"}) {
            var answer = api.upload(Form.of(name, TEXT));
            if (answer.status() == 202) {
                var download =
                        api.get("/pipeline/jobs/" + answer.jobId() + "/file").is(200);
                assertThat(download.header("X-Evil")).isNull();
                assertThat(download.header("Content-Disposition")).doesNotContain("%00", "%0D", "%0A", "%07");
            } else {
                answer.isProblem(400, "MALFORMED_MULTIPART", null);
            }
        }
    }

    @Test
    void oddContentTypesAreKeptOnlyWhenHarmless() {
        assertThat(typeOf("text/html")).isEqualTo("text/html");
        assertThat(typeOf("")).isEqualTo("application/octet-stream");
        assertThat(typeOf("téxt/plain")).isEqualTo("application/octet-stream");
        assertThat(typeOf("x/" + "y".repeat(300))).isEqualTo("application/octet-stream");
    }

    private static String typeOf(String contentType) {
        var id = api.upload(new Form().file("a.bin", contentType, TEXT)).is(202).jobId();
        return api.get("/pipeline/jobs/" + id + "/file").is(200).header("Content-Type");
    }
}
