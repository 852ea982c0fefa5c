package io.jobtrail.bench.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;

/** Values that have broken programs before. */
final class Nasty {
    /** A header that no answer may ever have: somebody would have written it through a value. */
    static final String HEADER = "X-Smuggled";

    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "\0",
            "a\0b",
            "a\r\n" + HEADER + ": 1",
            "a\n" + HEADER + ": 1",
            "a\r\n\r\nHTTP/1.1 200 OK\r\n",
            "%0d%0a" + HEADER + ":%201",
            "\u202Efdp.exe",
            "\u2066a\u2069",
            "\uFEFFa",
            "a\u2028b",
            "a\u0085b",
            "\u0007",
            "\u007F",
            "\uFFFF",
            "\uD83D\uDC68\u200D\uD83D\uDC69",
            "\uD800",
            "\uDC00\uD800",
            "'; DROP TABLE jobs; --",
            "' OR ''='",
            "%' ESCAPE '!",
            "\\",
            "\"",
            "\\u0000",
            "${jndi:ldap://127.0.0.1:1/a}",
            "{{7*7}}",
            "#{7*7}",
            "<script>alert(1)</script>",
            "../../../../etc/passwd",
            "..\\..\\windows\\win.ini",
            "C:\\a.txt",
            "/dev/null",
            "CON",
            "NUL.txt",
            ".htaccess",
            "-rf",
            "%00",
            "%2e%2e%2f",
            "%zz",
            "%ff",
            "%s%n%p",
            "null",
            "undefined",
            "true",
            "[]",
            "{}",
            "0",
            "-0",
            "-1",
            "+5",
            "1e3",
            "1e400",
            "NaN",
            "0x10",
            "٣",
            "2147483648",
            "9223372036854775808",
            "9".repeat(400),
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "10000-01-01T00:00:00Z",
            "+999999999-12-31T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-01-31T12:00:00+25:00",
            "2026-01-31T12:00:60Z",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "0190e2a4-5b6c-7d8e-9fa0-b1c2d3e4f50",
            "1-1-1-1-1",
            "AAAAAAAAAAAAAAAAAAAAAA",
            "a,b;c=d",
            "application/json",
            "multipart/form-data",
            "x".repeat(300),
            "x".repeat(1_001),
            "y".repeat(9_000),
            "\uD83D\uDE00".repeat(600));

    private static final List<String> NUMBERS = List.of(
            "0",
            "-0",
            "-1",
            "1.0",
            "0.1",
            "1e400",
            "-1e400",
            "1e-400",
            "1E+2",
            "2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "9".repeat(400),
            "9".repeat(2_000),
            "0." + "3".repeat(900),
            "NaN",
            "Infinity",
            "-",
            "00",
            "1.",
            "0x10",
            "+1");

    private static final List<String> TOKENS = List.of(
            "\r\n",
            "\n",
            "\r",
            "\0",
            "\r\n\r\n",
            " ",
            "\t",
            ":",
            ";",
            "--",
            "\"",
            "%",
            "{",
            "]",
            "\u00ff",
            "\r\nTransfer-Encoding: chunked",
            "\r\nTransfer-Encoding: gzip, chunked",
            "\r\nTransfer-Encoding: identity",
            "\r\nContent-Length: 0",
            "\r\nContent-Length: 5",
            "\r\nContent-Length: -1",
            "\r\nContent-Length: 99999999999999999999",
            "\r\nContent-Type: text/plain",
            "\r\nContent-Encoding: gzip",
            "\r\nExpect: 100-continue",
            "\r\nExpect: 200-ok",
            "\r\nUpgrade: websocket\r\nConnection: Upgrade",
            "\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            "\r\nRange: bytes=0-0,-1",
            "\r\nAccept: text/html",
            "\r\nAccept-Encoding: gzip",
            "\r\nHost: a",
            "\r\nHost:",
            "\r\n folded: 1",
            "\r\nX-Y: " + "z".repeat(9_000),
            "A".repeat(9_000));

    private static final List<String> METHODS = List.of(
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "PATCH",
            "DELETE",
            "OPTIONS",
            "TRACE",
            "CONNECT",
            "BEFORE",
            "AFTER",
            "get",
            "FOO",
            "PRI",
            "M-SEARCH");

    private Nasty() {}

    static <T> T one(List<T> list, RandomGenerator random) {
        return list.get(random.nextInt(list.size()));
    }

    static String text(RandomGenerator random) {
        return random.nextInt(8) == 0 ? randomText(random) : one(TEXTS, random);
    }

    private static String randomText(RandomGenerator random) {
        var bytes = new byte[1 + random.nextInt(40)];
        random.nextBytes(bytes);
        return new String(bytes, random.nextBoolean() ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_16BE);
    }

    /** What stands where JSON has a number; not always one. */
    static String number(RandomGenerator random) {
        return one(NUMBERS, random);
    }

    /** A piece of HTTP in the wrong place. */
    static String token(RandomGenerator random) {
        return one(TOKENS, random);
    }

    static String method(RandomGenerator random) {
        return one(METHODS, random);
    }
}
