package io.jobtrail.doctor;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.Schema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Whether Postgres is there, keeps what it says, has the schema, and lets the processes do their work with it. */
final class PostgresChecks {
    /** The oldest that takes the scripts of the schema. */
    private static final int OLDEST = 14;

    /** Times in the database are the database's; beyond this, what people read is misleading. */
    private static final Duration SKEW = Duration.ofSeconds(5);

    private static final int DOCUMENT_BYTES = 64 << 10;

    private final Database database;
    private final DatabaseUrl url;

    PostgresChecks(Database database, DatabaseUrl url) {
        this.database = database;
        this.url = url;
    }

    private interface Check {
        Finding run() throws IOException;
    }

    List<Finding> run() {
        var findings = new ArrayList<Finding>();
        var reached = reached();
        findings.add(reached);
        boolean isThere = reached.verdict() == Finding.Verdict.OK;
        findings.add(needing(isThere, "durability", this::durability));
        findings.add(needing(isThere, "clock", this::clock));
        var schema = needing(isThere, "schema", this::schema);
        findings.add(schema);
        boolean isMigrated = schema.verdict() == Finding.Verdict.OK;
        findings.add(needing(isMigrated, "rights", this::rights));
        findings.add(needing(isMigrated, "documents", this::documents));
        return findings;
    }

    private static Finding needing(boolean met, String name, Check check) {
        if (!met) {
            return Finding.skipped(name, "not looked at, for what stands above");
        }
        try {
            return check.run();
        } catch (DatabaseFailure | IOException | IllegalStateException e) {
            return Finding.failure(name, "could not be looked at: " + e.getMessage(), "see the log of Postgres");
        }
    }

    private Finding reached() {
        try {
            int version = ask("SELECT current_setting('server_version_num')::integer", Integer.class);
            var detail = "PostgreSQL %s, %s".formatted(setting("server_version"), url);
            return version < OLDEST * 10_000
                    ? Finding.failure("postgres", detail, "use PostgreSQL " + OLDEST + " or newer")
                    : Finding.ok("postgres", detail);
        } catch (DatabaseFailure e) {
            return Finding.failure(
                    "postgres",
                    url + " cannot be reached: " + cause(e),
                    "start Postgres, or mend DATABASE_URL (host, port, database, user, password, sslmode)");
        }
    }

    /** What the driver says, and not that the pool has waited for it. */
    private static String cause(DatabaseFailure failure) {
        Throwable first = failure;
        for (var cause = failure.getCause(); cause instanceof SQLException; cause = cause.getCause()) {
            first = cause;
        }
        return first.getMessage();
    }

    private Finding durability() {
        var lossy = new ArrayList<String>();
        for (var name : List.of("fsync", "full_page_writes", "synchronous_commit")) {
            if (setting(name).equals("off")) {
                lossy.add(name);
            }
        }
        return lossy.isEmpty()
                ? Finding.ok(
                        "durability",
                        "what is committed survives a crash (fsync, full_page_writes, synchronous_commit)")
                : Finding.failure(
                        "durability",
                        "a crash of Postgres may lose what was answered with 202: " + String.join(", ", lossy) + " off",
                        "ALTER SYSTEM SET … = on for each of them, then SELECT pg_reload_conf()");
    }

    /** Halfway between asking and the answer, Postgres looked at its clock. */
    private Finding clock() {
        ask("SELECT 1", Integer.class); // so that opening the connection is not counted
        var before = Instant.now();
        var there = database.first("SELECT clock_timestamp() AS now", row -> Database.instant(row, "now"))
                .orElseThrow();
        var here = before.plus(Duration.between(before, Instant.now()).dividedBy(2));
        var skew = Duration.between(there, here);
        var detail = "this machine is %.3f s %s Postgres"
                .formatted(skew.abs().toMillis() / 1e3, skew.isNegative() ? "behind" : "ahead of");
        return skew.abs().compareTo(SKEW) > 0
                ? Finding.warning("clock", detail, "let both machines set their clocks by NTP; no job is lost by it")
                : Finding.ok("clock", detail);
    }

    private Finding schema() {
        int pending = Schema.pending(url);
        return pending == 0
                ? Finding.ok("schema", "up to date")
                : Finding.failure(
                        "schema",
                        pending + " scripts of sql/ have not been run",
                        "start any process, or run `java -jar api.jar migrate` as the owner of the tables");
    }

    private Finding rights() {
        var user = ask("SELECT current_user::text", String.class);
        if (!ask("""
                SELECT has_table_privilege('pipeline_jobs', 'SELECT') AND has_table_privilege('pipeline_jobs', 'INSERT')
                    AND has_table_privilege('pipeline_jobs', 'UPDATE') AND has_table_privilege('pipeline_documents', 'INSERT')
                    AND has_table_privilege('pipeline_workers', 'UPDATE') AND has_table_privilege('pipeline_queues', 'UPDATE')""", Boolean.class)) {
            return Finding.failure(
                    "rights",
                    user + " may not make and change jobs",
                    "as the owner of the tables: GRANT jobtrail_runtime TO the user of DATABASE_URL");
        }
        return ask("""
                SELECT has_table_privilege('pipeline_job_events', 'INSERT') OR has_table_privilege('pipeline_job_events', 'DELETE')
                    OR has_table_privilege('pipeline_job_events', 'UPDATE')""", Boolean.class)
                ? Finding.warning(
                        "rights",
                        "the processes act as " + user + ", whom triggers alone keep from changing the trail",
                        "let a user with CREATEROLE run `java -jar api.jar migrate` once, which makes jobtrail_runtime")
                : Finding.ok("rights", "the processes act as " + user + ", who cannot write to the trail");
    }

    private Finding documents() throws IOException {
        var bytes = new byte[DOCUMENT_BYTES];
        new SecureRandom().nextBytes(bytes);
        var store = new DocumentStore(database);
        var document = store.put("jobtrail-doctor", "application/octet-stream", ByteBuffer.wrap(bytes));
        try (var stored = store.open(document)) {
            if (!Arrays.equals(stored.readAllBytes(), bytes)) {
                return Finding.failure("documents", "other bytes came back than were stored", "check Postgres' disks");
            }
        } finally {
            store.delete(document.id());
        }
        return Finding.ok("documents", DOCUMENT_BYTES + " bytes written, read back and deleted");
    }

    private String setting(String name) {
        return database.first("SELECT current_setting(?)", row -> row.getString(1), name)
                .orElseThrow();
    }

    private <T> T ask(String sql, Class<T> type) {
        return database.first(sql, row -> row.getObject(1, type)).orElseThrow();
    }
}
