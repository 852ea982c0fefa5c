package io.jobtrail.doctor;

import io.jobtrail.access.GivenKey;
import io.jobtrail.config.Settings;
import io.jobtrail.document.S3Bucket;
import io.jobtrail.queue.Redis;
import io.jobtrail.queue.RedisCheck;
import io.jobtrail.store.Database;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Looks at everything that a process rests on, before or while one runs, and says what to do about what is wrong. Leaves nothing
 * behind, and changes nothing that anybody relies on. Answers within about a minute whatever hangs.
 */
public final class Doctor {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration CONNECTING = Duration.ofSeconds(5);

    /** For the largest upload or the pages of some documents. */
    private static final long LEAST_SPACE = 1L << 30;

    private Doctor() {}

    /**
     * Prints what it finds, one line for each check.
     *
     * @param settings as the process reads them; may throw {@link Settings.InvalidSettings}
     * @param more checks of the process itself
     * @return the exit code: 0 when nothing has failed, 1 else
     */
    public static int examine(Supplier<Settings> settings, List<Supplier<Finding>> more, PrintStream out) {
        var findings = new ArrayList<Finding>();
        try {
            var read = settings.get();
            tell(findings, out, settings(read.entries()));
            GivenKey.weakness(read.adminApiKey())
                    .ifPresent(weakness -> tell(
                            findings,
                            out,
                            Finding.warning(
                                    "settings", "ADMIN_API_KEY " + weakness, "make one: openssl rand -hex 32")));
            postgres(read).forEach(finding -> tell(findings, out, finding));
            tell(findings, out, redis(read.redisUrl()));
            tell(findings, out, s3(read));
            tell(findings, out, temporaryFiles(Path.of(System.getProperty("java.io.tmpdir"))));
            more.forEach(check -> tell(findings, out, check.get()));
        } catch (Settings.InvalidSettings e) {
            e.getMessage()
                    .lines()
                    .forEach(line -> tell(
                            findings,
                            out,
                            Finding.failure("settings", line, "set this variable; the README lists all of them")));
        }
        boolean failed = findings.stream().anyMatch(finding -> finding.verdict() == Finding.Verdict.FAILURE);
        return failed ? 1 : 0;
    }

    /** At once: the next one may take long. */
    private static void tell(List<Finding> findings, PrintStream out, Finding finding) {
        findings.add(finding);
        out.println(finding);
    }

    private static Finding settings(Map<String, Settings.Entry> entries) {
        long given = entries.values().stream()
                .filter(entry -> !entry.source().equals(Settings.DEFAULT))
                .count();
        return Finding.ok("settings", given + " given, " + (entries.size() - given) + " as they are by default");
    }

    private static List<Finding> postgres(Settings settings) {
        try (var database = new Database(settings.databaseUrl(), "doctor", 0, 2, PATIENCE, CONNECTING)) {
            return new PostgresChecks(database, settings.databaseUrl()).run();
        }
    }

    private static Finding redis(String url) {
        if (url == null) {
            return Finding.ok("redis", "not used: workers look into Postgres at the poll interval");
        }
        try (var redis = new Redis(url, 1, Duration.ZERO)) {
            var check = new RedisCheck(redis);
            var fault = check.fault();
            if (fault.isPresent()) {
                return Finding.failure(
                        "redis",
                        "cannot be used: " + fault.get(),
                        "start it, or mend REDIS_URL; meanwhile jobs go on straight from Postgres");
            }
            var standing = check.standing();
            if (standing.isEmpty()) {
                return Finding.ok("redis", "takes writes; it does not tell this user more");
            }
            var found = standing.get();
            return found.mayEvict()
                    ? Finding.warning(
                            "redis", found.inWords(), "set maxmemory-policy to noeviction, or ids may be thrown away")
                    : Finding.ok("redis", found.inWords());
        }
    }

    private static Finding s3(Settings settings) {
        if (settings.s3Bucket() == null) {
            return Finding.ok("s3", "not used");
        }
        var bucket = settings.s3Bucket();
        try (var s3 = new S3Bucket(bucket, settings.s3Endpoint(), settings.awsRegion())) {
            s3.find("jobtrail-doctor");
            return Finding.ok("s3", "bucket " + bucket + " can be read");
        } catch (S3Bucket.Refused e) {
            return Finding.warning(
                    "s3",
                    "bucket " + bucket + " answers 403 for an object that is not there",
                    "s3:GetObject is needed, and s3:ListBucket to tell a missing object from a forbidden one");
        } catch (RuntimeException e) {
            return Finding.failure(
                    "s3",
                    "bucket " + bucket + " cannot be used: " + e.getMessage(),
                    "check S3_BUCKET, S3_ENDPOINT, AWS_REGION and the credentials (AWS_ACCESS_KEY_ID …)");
        }
    }

    static Finding temporaryFiles(Path directory) {
        try {
            var file = Files.createTempFile(directory, "jobtrail-doctor-", null);
            Files.delete(file);
            long free = directory.toFile().getUsableSpace();
            var detail = "%s has %d MB free".formatted(directory, free >> 20);
            return free < LEAST_SPACE
                    ? Finding.warning("files", detail, "make room there, or give java -Djava.io.tmpdir=… with more")
                    : Finding.ok("files", detail);
        } catch (IOException e) {
            return Finding.failure(
                    "files",
                    "no file can be made in " + directory + ": " + e,
                    "let this user write there, or give java -Djava.io.tmpdir=… that it can write to");
        }
    }
}
