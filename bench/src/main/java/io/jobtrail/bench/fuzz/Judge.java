package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.bench.fuzz.Exchange.Manner;
import io.jobtrail.bench.fuzz.Violation.Rule;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** What has to hold for every answer, whatever was asked. Sees one exchange at a time and sends nothing. */
final class Judge {
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private static final int SMALL = 64 << 10;

    private static final Pattern STACK = Pattern.compile("(?m)^\\s*at [\\w.$/]+\\([\\w$]+\\.(java|kt)|Caused by: ");

    private static final Pattern INNER = Pattern.compile("\\b(java|javax|jakarta|kotlin|sun|jdk)\\.[a-z]+\\.[\\w.$]+"
            + "|\\b(org\\.(eclipse|postgresql|slf4j)|com\\.(fasterxml|zaxxer)|io\\.(javalin|jobtrail))\\.[\\w.$]+"
            + "|\\b[A-Z]\\w+(Exception|Error)\\b|[Jj]etty|[Jj]ackson|[Jj]avalin"
            + "|\\bpipeline_[a-z_]+|SQLSTATE|\\bERROR: "
            + "|\\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\\b.{1,80}\\b(FROM|VALUES|SET|WHERE)\\b");

    /** As the server repeats it. */
    private static final Pattern REQUEST_ID = Pattern.compile("\r\nX-Request-Id: ([A-Za-z0-9_.:-]{1,64})(?=\r\n)");

    private final String adminKey;
    private final Map<String, String> realmOfKey;
    private final Map<String, String> canaryOfRealm;

    /**
     * @param realmOfKey of every key of a realm that there is
     * @param canaryOfRealm a word that stands in everything of a realm, and in nothing else
     */
    Judge(String adminKey, Map<String, String> realmOfKey, Map<String, String> canaryOfRealm) {
        this.adminKey = adminKey;
        this.realmOfKey = Map.copyOf(realmOfKey);
        this.canaryOfRealm = Map.copyOf(canaryOfRealm);
    }

    List<Violation> judge(Exchange exchange) {
        var found = new ArrayList<Violation>();
        if (exchange.manner() == Manner.SOUND && exchange.replies().isEmpty()) {
            found.add(Violation.of(Rule.NO_ANSWER, "the connection ended"));
        }
        if (exchange.manner() != Manner.ENDLESS && exchange.took().compareTo(LONGEST) > 0) {
            found.add(Violation.of(Rule.TOO_SLOW, "%d ms", exchange.took().toMillis()));
        }
        for (var reply : exchange.replies()) {
            judge(exchange, reply, found);
        }
        return found;
    }

    private void judge(Exchange exchange, Reply reply, List<Violation> found) {
        if (reply.status() == 0) {
            found.add(Violation.of(Rule.NO_HTTP, "it begins with %.100s", reply.text()));
            return;
        }
        // A version of HTTP, or a framing, that this server does not speak is its own to refuse.
        boolean unspoken = reply.status() == 505 || reply.status() == 501;
        if (reply.status() >= 500 && !(unspoken && exchange.manner() != Manner.SOUND) && !isFull(exchange, reply)) {
            found.add(Violation.of(Rule.SERVER_ERROR, "%d %.300s", reply.status(), reply.text()));
        }
        headers(reply, found);
        answersAnother(exchange, reply, found);
        foreign(exchange, reply, found);
        leaks(exchange, reply, found);
        if (reply.status() == 405 && reply.header("allow").isEmpty()) {
            found.add(Violation.of(Rule.NO_ALLOW, "405 without Allow"));
        }
        if (reply.body().length > 0
                || reply.status() >= 400 && !exchange.sent().stripLeading().startsWith("HEAD")) {
            body(exchange, reply, found);
        }
    }

    /** Large bodies at once may be sent away for want of memory, if they are told so. */
    private static boolean isFull(Exchange exchange, Reply reply) {
        boolean large = exchange.request().length > SMALL || exchange.sent().contains("Transfer-Encoding");
        return large && reply.status() == 503 && reply.text().contains("\"NO_ROOM\"");
    }

    /** On a connection of several requests. What the server refuses unread, and says so by ending it, has a name of its own. */
    private static void answersAnother(Exchange exchange, Reply reply, List<Violation> found) {
        var sent = exchange.sent();
        var head = sent.split("(?<=\r\n)\r\n", 2)[0];
        var id = REQUEST_ID.matcher(head);
        boolean isOne = head.split("\r\nX-Request-Id:", -1).length == 2;
        if (exchange.manner() != Manner.SOUND || reply.endsConnection() || !isOne || !id.find()) {
            return;
        }
        if (!reply.header("x-request-id").equals(id.group(1))) {
            found.add(Violation.of(
                    Rule.FOREIGN_ANSWER, "%s was answered as %s", id.group(1), reply.header("x-request-id")));
        }
    }

    private static void headers(Reply reply, List<Violation> found) {
        for (var header : List.of("x-request-id", "x-content-type-options")) {
            if (reply.header(header).isEmpty()) {
                found.add(Violation.of(Rule.MISSING_HEADER, "%d without %s", reply.status(), header));
            }
        }
        if (!reply.header(Nasty.HEADER.toLowerCase(Locale.ROOT)).isEmpty()) {
            found.add(Violation.of(Rule.SMUGGLED_HEADER, "a value became a header"));
        }
    }

    /** Who may see it is told by the keys that stand in the request, wherever that is. */
    private void foreign(Exchange exchange, Reply reply, List<Violation> found) {
        var sent = exchange.sent();
        if (sent.contains(adminKey)) {
            return;
        }
        var answer = reply.headers() + reply.text();
        canaryOfRealm.forEach((realm, canary) -> {
            boolean allowed = realmOfKey.entrySet().stream()
                    .anyMatch(key -> key.getValue().equals(realm) && sent.contains(key.getKey()));
            if (!allowed && answer.contains(canary)) {
                found.add(Violation.of(Rule.FOREIGN_REALM, "%d tells of %s: %.300s", reply.status(), realm, answer));
            }
        });
    }

    private static void leaks(Exchange exchange, Reply reply, List<Violation> found) {
        var text = reply.text();
        var pattern = reply.status() >= 400 ? INNER : STACK;
        for (var one : List.of(STACK, pattern)) {
            var match = one.matcher(text);
            while (match.find()) {
                if (!repeats(exchange, match.group())) {
                    found.add(Violation.of(Rule.INNER_WORDS, "%d says %.200s", reply.status(), match.group()));
                    return;
                }
            }
        }
    }

    /** What the caller said may be said again. */
    private static boolean repeats(Exchange exchange, String words) {
        var sent = exchange.sent();
        return sent.contains(words) || decoded(sent).contains(words);
    }

    private static String decoded(String sent) {
        try {
            return URLDecoder.decode(sent, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return sent;
        }
    }

    private static void body(Exchange exchange, Reply reply, List<Violation> found) {
        JsonNode json = null;
        if (reply.isJson()) {
            try {
                json = reply.json();
            } catch (IOException e) {
                found.add(Violation.of(Rule.BROKEN_JSON, "%d %.200s", reply.status(), reply.text()));
                return;
            }
        }
        if (reply.status() >= 400 && !isIgnoredResponse(exchange, reply, json)) {
            problem(reply, json, found);
        }
    }

    /** The one refusal with a form of its own: an answer that nobody asked for (any more). */
    private static boolean isIgnoredResponse(Exchange exchange, Reply reply, JsonNode json) {
        return reply.status() == 409
                && exchange.sent().contains("/pipeline/hitl/")
                && json != null
                && json.path("status").asText().equals("ignored");
    }

    private static void problem(Reply reply, JsonNode json, List<Violation> found) {
        if (json == null
                || !reply.header("content-type").startsWith("application/problem+json")
                || json.path("status").asInt() != reply.status()
                || json.path("code").asText().isEmpty()
                || json.path("title").asText().isBlank()
                || json.path("detail").asText().isBlank()
                || json.path("request_id").asText().isEmpty()
                || !json.path("request_id").asText().equals(reply.header("x-request-id"))) {
            found.add(Violation.of(
                    Rule.NO_PROBLEM, "%d %s %.300s", reply.status(), reply.header("content-type"), reply.text()));
        } else if (reply.status() == 400
                && !json.path("code").asText().startsWith("MALFORMED_") // all of it is at fault
                && json.at("/errors/0/field").isMissingNode()) {
            found.add(Violation.of(Rule.NAMELESS_FAULT, "%.300s", reply.text()));
        }
    }
}
