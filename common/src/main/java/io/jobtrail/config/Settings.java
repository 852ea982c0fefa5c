package io.jobtrail.config;

import io.jobtrail.job.QueueName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Everything that can be set, read once from environment variables by the Mains; all other code gets plain values. Reports
 * all mistakes at once. Never prints a secret.
 *
 * @param redisUrl null = run without Redis
 * @param rateLimitPerMinute 0 = no limit
 * @param trustedProxies how many proxies before the API each add an address to X-Forwarded-For
 * @param s3Bucket null = no documents are taken from S3
 * @param s3Endpoint null = Amazon's
 * @param retentionDays null = keep every job
 * @param embeddingsUrl null = the built-in lexical embedding
 */
public record Settings(
        DatabaseUrl databaseUrl,
        String redisUrl,
        String host,
        int port,
        int dbPoolMin,
        int dbPoolMax,
        String adminApiKey,
        boolean allowAnonymous,
        int rateLimitPerMinute,
        int trustedProxies,
        List<QueueName> workerQueues,
        int workerConcurrency,
        Duration lease,
        Duration heartbeat,
        Duration shutdown,
        Duration pollInterval,
        long maxUploadBytes,
        long maxBatchBytes,
        int maxAttempts,
        int maxWaiters,
        int maxEventClients,
        int urgentMaxPages,
        int slowMinPages,
        String s3Bucket,
        String s3Endpoint,
        String awsRegion,
        Integer retentionDays,
        String embeddingsUrl,
        String embeddingsModel,
        String openaiApiKey,
        int parserHeapMb,
        Duration parserTimeout,
        long extractMaxChars,
        Path handlersDir,
        Integer workerMetricsPort,
        String logFormat,
        String logLevel,
        Map<String, Entry> entries) {

    /** The names of all variables, for the checks of the deployment files and the documentation. */
    public static final Set<String> VARIABLES =
            Set.copyOf(new Reader(Map.of(), Map.of()).read().entries().keySet());

    /**
     * One variable as it is in force.
     *
     * @param value as text, masked when it is a secret; null when not set
     * @param source environment, default, or the option that it was given by
     */
    public record Entry(String value, String source) {}

    /** The source of what was not given. */
    public static final String DEFAULT = "default";

    /** @throws InvalidSettings naming every wrong variable */
    public static Settings fromEnvironment(Map<String, String> environment) {
        return fromEnvironment(environment, Map.of());
    }

    /**
     * @param sources by variable, where its value comes from if not from the environment
     * @throws InvalidSettings naming every wrong variable
     */
    public static Settings fromEnvironment(Map<String, String> environment, Map<String, String> sources) {
        var reader = new Reader(environment, sources);
        var settings = reader.read();
        if (!reader.errors.isEmpty()) {
            throw new InvalidSettings(reader.errors, reader.entries);
        }
        return settings;
    }

    /** One line for each variable: what is in force, and where it comes from. */
    public static String table(Map<String, Entry> entries) {
        return entries.entrySet().stream()
                .map(entry -> "%-24s %-40s %s"
                        .formatted(
                                entry.getKey(),
                                entry.getValue().value() == null
                                        ? "-"
                                        : entry.getValue().value(),
                                entry.getValue().source()))
                .collect(Collectors.joining("\n"));
    }

    /** Some variables are wrong; the message has one line for each. */
    public static final class InvalidSettings extends RuntimeException {
        private final transient Map<String, Entry> entries;

        InvalidSettings(List<String> errors, Map<String, Entry> entries) {
            super(String.join("\n", errors));
            this.entries = entries;
        }

        /** As they were given. */
        public Map<String, Entry> entries() {
            return entries;
        }
    }

    @Override
    public String toString() {
        return "Settings" + entries;
    }

    private static final class Reader {
        private final Map<String, String> environment;
        private final Map<String, String> sources;
        private final List<String> errors = new ArrayList<>();
        private final Map<String, Entry> entries = new LinkedHashMap<>();

        Reader(Map<String, String> environment, Map<String, String> sources) {
            this.environment = environment;
            this.sources = sources;
        }

        private Entry given(String name, String shown) {
            return new Entry(shown, sources.getOrDefault(name, "environment"));
        }

        Settings read() {
            var adminKey = secret("ADMIN_API_KEY");
            var settings = new Settings(
                    required("DATABASE_URL", DatabaseUrl::parse),
                    url("REDIS_URL", Set.of("redis", "rediss")),
                    text("HOST", adminKey == null ? "127.0.0.1" : "0.0.0.0"),
                    (int) number("PORT", 8000, 0, 65_535),
                    (int) number("DB_POOL_MIN", 2, 0, 1_000),
                    (int) number("DB_POOL_MAX", 10, 2, 1_000),
                    adminKey,
                    parsed("ALLOW_ANONYMOUS", "false", Reader::bool),
                    (int) number("RATE_LIMIT_PER_MINUTE", 6_000, 0, 100_000_000),
                    (int) number("TRUSTED_PROXIES", 0, 0, 10),
                    parsed("WORKER_QUEUES", String.join(",", QueueName.wireNames()), Reader::queues),
                    (int) number("WORKER_CONCURRENCY", 4, 1, 1_000),
                    seconds("LEASE_SECONDS", 60, 1, 86_400),
                    seconds("HEARTBEAT_SECONDS", 10, 1, 3_600),
                    seconds("SHUTDOWN_SECONDS", 25, 1, 3_600),
                    seconds("POLL_INTERVAL_SECONDS", 2, 1, 3_600),
                    number("MAX_UPLOAD_BYTES", 200L << 20, 1, 1L << 40),
                    number("MAX_BATCH_BYTES", 1L << 30, 1, 1L << 40),
                    (int) number("MAX_ATTEMPTS", 5, 1, 1_000),
                    (int) number("MAX_WAITERS", 1_000, 0, 100_000),
                    (int) number("MAX_EVENT_CLIENTS", 100, 0, 100_000),
                    (int) number("URGENT_MAX_PAGES", 3, 0, 1_000_000),
                    (int) number("SLOW_MIN_PAGES", 51, 1, 1_000_000),
                    text("S3_BUCKET", null),
                    url("S3_ENDPOINT", Set.of("http", "https")),
                    text("AWS_REGION", "us-east-1"),
                    parsed("RETENTION_DAYS", null, value -> value == null ? null : (int) number(value, 1, 36_500)),
                    url("EMBEDDINGS_URL", Set.of("http", "https")),
                    text("EMBEDDINGS_MODEL", "text-embedding-3-small"),
                    secret("OPENAI_API_KEY"),
                    (int) number("PARSER_HEAP_MB", 512, 64, 65_536),
                    seconds("PARSER_TIMEOUT_SECONDS", 600, 1, 86_400),
                    number("EXTRACT_MAX_CHARS", 250_000_000, 1_000, 1L << 40),
                    Path.of(text("HANDLERS_DIR", "handlers")),
                    parsed("WORKER_METRICS_PORT", null, value -> value == null ? null : (int) number(value, 0, 65_535)),
                    parsed("LOG_FORMAT", "text", value -> oneOf(value, "text", "json")),
                    parsed("LOG_LEVEL", "INFO", Reader::logLevel),
                    entries);
            if (settings.lease.compareTo(settings.heartbeat.multipliedBy(2)) < 0) {
                errors.add("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS, or one late heartbeat loses a job");
            }
            if (settings.dbPoolMin > settings.dbPoolMax) {
                errors.add("DB_POOL_MIN must not be larger than DB_POOL_MAX");
            }
            return settings;
        }

        private String raw(String name, String fallback) {
            var value = environment.get(name);
            var set = value != null && !value.isBlank();
            entries.put(name, set ? given(name, value.strip()) : new Entry(fallback, DEFAULT));
            return entries.get(name).value();
        }

        private String text(String name, String fallback) {
            return raw(name, fallback);
        }

        private String secret(String name) {
            var value = raw(name, null);
            if (value != null) {
                entries.put(name, given(name, "***"));
            }
            return value;
        }

        private <T> T parsed(String name, String fallback, Function<String, T> parse) {
            try {
                return parse.apply(raw(name, fallback));
            } catch (IllegalArgumentException e) {
                errors.add(name + " " + e.getMessage());
                return parse.apply(fallback);
            }
        }

        private <T> T required(String name, Function<String, T> parse) {
            var value = raw(name, null);
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

        private String url(String name, Set<String> schemes) {
            var value = raw(name, null);
            if (value == null) {
                return null;
            }
            entries.put(name, given(name, value.replaceAll("//.*@", "//***@")));
            try {
                var uri = java.net.URI.create(value);
                if (uri.getScheme() != null && schemes.contains(uri.getScheme()) && uri.getHost() != null) {
                    return value;
                }
            } catch (IllegalArgumentException e) {
                entries.put(name, given(name, "***"));
            }
            errors.add(
                    name + " must be a URL that starts with " + String.join(":// or ", new TreeSet<>(schemes)) + "://");
            return null;
        }

        private long number(String name, long fallback, long min, long max) {
            return parsed(name, Long.toString(fallback), value -> number(value, min, max));
        }

        private static long number(String value, long min, long max) {
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

        private Duration seconds(String name, long fallback, long min, long max) {
            return Duration.ofSeconds(number(name, fallback, min, max));
        }

        private static boolean bool(String value) {
            return oneOf(value, "true", "false").equals("true");
        }

        /** The log itself does not mind the case. */
        private static String logLevel(String value) {
            return oneOf(value.toUpperCase(Locale.ROOT), "TRACE", "DEBUG", "INFO", "WARN", "ERROR");
        }

        private static String oneOf(String value, String... allowed) {
            if (!List.of(allowed).contains(value)) {
                throw new IllegalArgumentException("must be one of " + String.join(", ", allowed) + ", not " + value);
            }
            return value;
        }

        private static List<QueueName> queues(String value) {
            var queues = new LinkedHashSet<QueueName>();
            for (var name : value.split(",")) {
                queues.add(QueueName.of(name.strip())
                        .orElseThrow(() -> new IllegalArgumentException("must list queues out of "
                                + String.join(",", QueueName.wireNames()) + ", not " + name)));
            }
            return List.copyOf(queues);
        }
    }
}
