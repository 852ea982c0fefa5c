package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.testing.JobtrailDatabase;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Computes the hashes of the trail without Postgres, from the description alone, as an auditor would. */
class TrailHashTest {
    private static final Instant YEAR_2000 = Instant.parse("2000-01-01T00:00:00Z");
    private static final UUID JOB = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
    private static final String FIRST = "67e488ef4089be8681b15d14025f83a98c160c5423156d4456ffeb8838b45382";
    private static final String SECOND = "b1b6101855d618aff8bbb95d64ae2d9d3abd6e3adf07d615fb7a74a2baf10ef1";

    record Event(
            UUID job,
            int seq,
            String previousState,
            String newState,
            int attempt,
            String actor,
            String reason,
            String metadata,
            Instant at) {}

    private static final Event SUBMITTED = new Event(
            JOB, 1, null, "queued", 0, "api:default", "SUBMITTED", null, Instant.parse("2026-01-02T03:04:05.678901Z"));
    private static final Event CLAIMED = new Event(
            JOB,
            2,
            "queued",
            "running",
            1,
            "worker:host-1/ä",
            "CLAIMED",
            "{\"n\": 1.50, \"key\": \"välue\"}",
            Instant.parse("2026-01-02T03:04:06Z"));

    @Test
    void theVectorOfTheDocumentationHolds() {
        try (var database = JobtrailDatabase.fresh()) {
            assertThat(inPostgres(database, null, SUBMITTED)).isEqualTo(FIRST);
            assertThat(inPostgres(database, FIRST, CLAIMED)).isEqualTo(SECOND);
        }
        assertThat(hash("", SUBMITTED)).isEqualTo(FIRST);
        assertThat(hash(FIRST, CLAIMED)).isEqualTo(SECOND);
    }

    @Test
    void aWholeChainCanBeRecomputedWithoutPostgres() {
        try (var database = JobtrailDatabase.fresh()) {
            var store = database.store();
            var first = database.aJob().claimedBy("w-ü");
            store.fail(first, "TRY_AGAIN", "x", false, Duration.ZERO);
            store.claim(first.id(), "v", List.of("process_document"));
            database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = last_heartbeat_at - interval '1 hour'");
            database.leases().releaseStale(Duration.ofSeconds(60), 10, "sweeper");
            database.actions().cancel(first.id(), "anna", "said \"no\"");

            var previous = "";
            var history = database.reader().history(first.id());
            assertThat(history).hasSize(6);
            for (var event : history) {
                previous = hash(
                        previous,
                        new Event(
                                first.id(),
                                event.seq(),
                                event.previousState(),
                                event.newState(),
                                event.attempt(),
                                event.actor(),
                                event.reason(),
                                event.metadata(),
                                event.timestamp()));
                assertThat(previous).isEqualTo(event.hash());
            }
        }
    }

    @Test
    void theHashDoesNotDependOnTheSession() {
        try (var database = JobtrailDatabase.fresh()) {
            database.asOwner(
                    "ALTER DATABASE \"" + database.ask("SELECT current_database()")
                            + "\" SET TimeZone = 'Asia/Kathmandu'",
                    "ALTER DATABASE \"" + database.ask("SELECT current_database()") + "\" SET DateStyle = 'German'");
            assertThat(inPostgres(database, FIRST, CLAIMED)).isEqualTo(SECOND);
        }
    }

    private static String inPostgres(JobtrailDatabase database, String previous, Event event) {
        return (String) database.ask(
                "SELECT encode(trail_hash(decode(?, 'hex'), ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?), 'hex')",
                previous,
                event.job(),
                event.seq(),
                event.previousState(),
                event.newState(),
                event.attempt(),
                event.actor(),
                event.reason(),
                event.metadata(),
                event.at());
    }

    private static String hash(String previous, Event event) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.write(HexFormat.of().parseHex(previous));
            out.writeInt(9);
            field(out, 2950, uuid(event.job()));
            field(out, 23, int4(event.seq()));
            field(out, 25, text(event.previousState()));
            field(out, 25, text(event.newState()));
            field(out, 23, int4(event.attempt()));
            field(out, 25, text(event.actor()));
            field(out, 25, text(event.reason()));
            field(out, 25, text(event.metadata()));
            field(out, 1184, time(event.at()));
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static void field(DataOutputStream out, int type, byte[] value) throws IOException {
        out.writeInt(type);
        out.writeInt(value == null ? -1 : value.length);
        if (value != null) {
            out.write(value);
        }
    }

    private static byte[] uuid(UUID id) {
        return ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    private static byte[] int4(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private static byte[] text(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] time(Instant at) {
        return ByteBuffer.allocate(8)
                .putLong(ChronoUnit.MICROS.between(YEAR_2000, at))
                .array();
    }
}
