package io.jobtrail.config;

import io.jobtrail.job.QueueName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
            Set.copyOf(read(new Variables(Map.of(), Map.of())).entries().keySet());

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
        var given = new Variables(environment, sources);
        var settings = read(given);
        if (!given.errors.isEmpty()) {
            throw new InvalidSettings(given.errors, given.entries);
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

    private static Settings read(Variables given) {
        var adminKey = given.secret("ADMIN_API_KEY");
        var settings = new Settings(
                given.required("DATABASE_URL", DatabaseUrl::parse),
                given.url("REDIS_URL", Set.of("redis", "rediss")),
                given.text("HOST", adminKey == null ? "127.0.0.1" : "0.0.0.0"),
                (int) given.number("PORT", 8000, 0, 65_535),
                (int) given.number("DB_POOL_MIN", 2, 0, 1_000),
                (int) given.number("DB_POOL_MAX", 10, 2, 1_000),
                adminKey,
                given.parsed("ALLOW_ANONYMOUS", "false", Variables::bool),
                (int) given.number("RATE_LIMIT_PER_MINUTE", 6_000, 0, 100_000_000),
                (int) given.number("TRUSTED_PROXIES", 0, 0, 10),
                given.parsed("WORKER_QUEUES", String.join(",", QueueName.wireNames()), Settings::queues),
                (int) given.number("WORKER_CONCURRENCY", 4, 1, 1_000),
                given.seconds("LEASE_SECONDS", 60, 1, 86_400),
                given.seconds("HEARTBEAT_SECONDS", 10, 1, 3_600),
                given.seconds("SHUTDOWN_SECONDS", 25, 1, 3_600),
                given.seconds("POLL_INTERVAL_SECONDS", 2, 1, 3_600),
                given.number("MAX_UPLOAD_BYTES", 200L << 20, 1, 1L << 40),
                given.number("MAX_BATCH_BYTES", 1L << 30, 1, 1L << 40),
                (int) given.number("MAX_ATTEMPTS", 5, 1, 1_000),
                (int) given.number("MAX_WAITERS", 1_000, 0, 60_000),
                (int) given.number("MAX_EVENT_CLIENTS", 100, 0, 100_000),
                (int) given.number("URGENT_MAX_PAGES", 3, 0, 1_000_000),
                (int) given.number("SLOW_MIN_PAGES", 51, 1, 1_000_000),
                given.text("S3_BUCKET", null),
                given.url("S3_ENDPOINT", Set.of("http", "https")),
                given.text("AWS_REGION", "us-east-1"),
                given.parsed(
                        "RETENTION_DAYS",
                        null,
                        value -> value == null ? null : (int) Variables.number(value, 1, 36_500)),
                given.url("EMBEDDINGS_URL", Set.of("http", "https")),
                given.text("EMBEDDINGS_MODEL", "text-embedding-3-small"),
                given.secret("OPENAI_API_KEY"),
                (int) given.number("PARSER_HEAP_MB", 512, 64, 65_536),
                given.seconds("PARSER_TIMEOUT_SECONDS", 600, 1, 86_400),
                given.number("EXTRACT_MAX_CHARS", 250_000_000, 1_000, 1L << 40),
                Path.of(given.text("HANDLERS_DIR", "handlers")),
                given.parsed(
                        "WORKER_METRICS_PORT",
                        null,
                        value -> value == null ? null : (int) Variables.number(value, 0, 65_535)),
                given.parsed("LOG_FORMAT", "text", value -> Variables.oneOf(value, "text", "json")),
                given.parsed("LOG_LEVEL", "INFO", Settings::logLevel),
                given.entries);
        if (settings.lease.compareTo(settings.heartbeat.multipliedBy(2)) < 0) {
            given.errors.add(
                    "LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS, or one late heartbeat loses a job");
        }
        if (settings.dbPoolMin > settings.dbPoolMax) {
            given.errors.add("DB_POOL_MIN must not be larger than DB_POOL_MAX");
        }
        return settings;
    }

    /** The log itself does not mind the case. */
    private static String logLevel(String value) {
        return Variables.oneOf(value.toUpperCase(Locale.ROOT), "TRACE", "DEBUG", "INFO", "WARN", "ERROR");
    }

    private static List<QueueName> queues(String value) {
        var queues = new LinkedHashSet<QueueName>();
        for (var name : value.split(",")) {
            queues.add(QueueName.of(name.strip())
                    .orElseThrow(() -> new IllegalArgumentException(
                            "must list queues out of " + String.join(",", QueueName.wireNames()) + ", not " + name)));
        }
        return List.copyOf(queues);
    }
}
