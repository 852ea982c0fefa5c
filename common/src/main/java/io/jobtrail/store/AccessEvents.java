package io.jobtrail.store;

import io.jobtrail.config.Json;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** What happened at the door of the API. Changes of keys get there by themselves, through a trigger. */
public final class AccessEvents {
    private final Database database;

    public AccessEvents(Database database) {
        this.database = database;
    }

    /** @param times how often it happened; the names of the members are those of the columns */
    public record Happened(
            String kind, String actor, String address, UUID keyId, String realm, String detail, int times) {}

    public record Event(
            long id,
            Instant at,
            String kind,
            String actor,
            String address,
            UUID keyId,
            String realm,
            String detail,
            int times) {}

    public void append(Collection<Happened> all) {
        database.update("""
                INSERT INTO pipeline_access_events (kind, actor, address, key_id, realm, detail, times)
                SELECT kind, actor, address, key_id, realm, detail, times FROM jsonb_to_recordset(?::jsonb)
                    AS (kind text, actor text, address text, key_id uuid, realm text, detail text, times integer)""", Json.forDatabase(all));
    }

    /**
     * The newest first.
     *
     * @param before where the page before ended; null = the first page
     */
    public List<Event> page(Long before, int limit) {
        return database.list(
                "SELECT * FROM pipeline_access_events WHERE id < ? ORDER BY id DESC LIMIT ?",
                row -> new Event(
                        row.getLong("id"),
                        Database.instant(row, "at"),
                        row.getString("kind"),
                        row.getString("actor"),
                        row.getString("address"),
                        row.getObject("key_id", UUID.class),
                        row.getString("realm"),
                        row.getString("detail"),
                        row.getInt("times")),
                before == null ? Long.MAX_VALUE : before,
                limit);
    }

    /** Deletes some of those that are too old or too many; changes of keys stay. */
    public long purge() {
        return database.first("SELECT purge_access_events()", row -> row.getLong(1))
                .orElseThrow();
    }
}
