package io.jobtrail.config;

import io.jobtrail.config.Settings.Entry;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Reads variables one by one, and goes on with the default when one is wrong, so that all mistakes are found. Keeps for each what
 * may be shown of it. Knows the kinds of values, and no variable by name.
 */
final class Variables {
    private final Map<String, String> environment;
    private final Map<String, String> sources;

    /** One for each mistake, each naming its variable. */
    final List<String> errors = new ArrayList<>();

    /** By variable, in the order in which they were read. */
    final Map<String, Entry> entries = new LinkedHashMap<>();

    /** @param sources by variable, where its value comes from if not from the environment */
    Variables(Map<String, String> environment, Map<String, String> sources) {
        this.environment = environment;
        this.sources = sources;
    }

    private Entry given(String name, String shown) {
        return new Entry(shown, sources.getOrDefault(name, "environment"));
    }

    String text(String name, String fallback) {
        var value = environment.get(name);
        var set = value != null && !value.isBlank();
        entries.put(name, set ? given(name, value.strip()) : new Entry(fallback, Settings.DEFAULT));
        return entries.get(name).value();
    }

    String secret(String name) {
        var value = text(name, null);
        if (value != null) {
            entries.put(name, given(name, "***"));
        }
        return value;
    }

    <T> T parsed(String name, String fallback, Function<String, T> parse) {
        try {
            return parse.apply(text(name, fallback));
        } catch (IllegalArgumentException e) {
            errors.add(name + " " + e.getMessage());
            return parse.apply(fallback);
        }
    }

    <T> T required(String name, Function<String, T> parse) {
        var value = text(name, null);
        if (value == null) {
            errors.add(name + " is not set");
            return null;
        }
        try {
            var result = parse.apply(value);
            entries.put(name, given(name, result.toString()));
            return result;
        } catch (IllegalArgumentException e) {
            entries.put(name, given(name, "***"));
            errors.add(name + " " + e.getMessage());
            return null;
        }
    }

    String url(String name, Set<String> schemes) {
        var value = text(name, null);
        if (value == null) {
            return null;
        }
        entries.put(name, given(name, value.replaceAll("//.*@", "//***@")));
        try {
            var uri = URI.create(value);
            if (uri.getScheme() != null && schemes.contains(uri.getScheme()) && uri.getHost() != null) {
                return value;
            }
        } catch (IllegalArgumentException e) {
            entries.put(name, given(name, "***"));
        }
        errors.add(name + " must be a URL that starts with " + String.join(":// or ", new TreeSet<>(schemes)) + "://");
        return null;
    }

    long number(String name, long fallback, long min, long max) {
        return parsed(name, Long.toString(fallback), value -> number(value, min, max));
    }

    /** @throws IllegalArgumentException saying what it must be */
    static long number(String value, long min, long max) {
        try {
            var number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // answered below, like a number outside the range
        }
        throw new IllegalArgumentException("must be a whole number from " + min + " to " + max + ", not " + value);
    }

    Duration seconds(String name, long fallback, long min, long max) {
        return Duration.ofSeconds(number(name, fallback, min, max));
    }

    static boolean bool(String value) {
        return oneOf(value, "true", "false").equals("true");
    }

    static String oneOf(String value, String... allowed) {
        if (!List.of(allowed).contains(value)) {
            throw new IllegalArgumentException("must be one of " + String.join(", ", allowed) + ", not " + value);
        }
        return value;
    }
}
