package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The keys of the realms, known by their hash alone. Must never see a key, nor tell a hash. */
public final class ApiKeys {
    private static final String COLUMNS =
            "id, realm, role, label, created_at, created_by, last_used_at, revoked_at, revoked_by";

    private final Database database;

    public ApiKeys(Database database) {
        this.database = database;
    }

    /**
     * @param lastUsedAt within about a minute; null = never
     * @param revokedAt null = it is valid
     */
    public record ApiKey(
            UUID id,
            String realm,
            String role,
            String label,
            Instant createdAt,
            String createdBy,
            Instant lastUsedAt,
            Instant revokedAt,
            String revokedBy) {}

    /** @param hash SHA-256 of the key */
    public ApiKey create(UUID id, String realm, String role, String label, byte[] hash, String actor) {
        return database.first(
                        "SELECT " + COLUMNS + " FROM create_api_key(?, ?, ?, ?, ?, ?)",
                        ApiKeys::read,
                        id,
                        realm,
                        role,
                        label,
                        hash,
                        actor)
                .orElseThrow();
    }

    /** The key as it is now. Empty: there is none. */
    public Optional<ApiKey> revoke(UUID id, String actor) {
        return database.first("SELECT " + COLUMNS + " FROM revoke_api_key(?, ?)", ApiKeys::read, id, actor);
    }

    /** Valid ones first, each kind the newest first. */
    public List<ApiKey> all(int limit) {
        return database.list(
                "SELECT " + COLUMNS + " FROM pipeline_api_keys ORDER BY revoked_at IS NOT NULL, id DESC LIMIT ?",
                ApiKeys::read,
                limit);
    }

    /** Empty: no such key, or not any more. */
    public Optional<ApiKey> valid(byte[] hash) {
        return database.first(
                "SELECT " + COLUMNS + " FROM pipeline_api_keys WHERE key_hash = ? AND revoked_at IS NULL",
                ApiKeys::read,
                hash);
    }

    /** Empty: no such key, or not any more. */
    public Optional<ApiKey> valid(UUID id) {
        return database.first(
                "SELECT " + COLUMNS + " FROM pipeline_api_keys WHERE id = ? AND revoked_at IS NULL", ApiKeys::read, id);
    }

    /** Notes that these were used just now, unless that was noted less than a minute ago. */
    public void used(Collection<UUID> ids) {
        database.update("""
                UPDATE pipeline_api_keys SET last_used_at = now()
                WHERE id = ANY (?) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')""", array("uuid", List.copyOf(ids)));
    }

    private static ApiKey read(ResultSet row) throws SQLException {
        return new ApiKey(
                row.getObject("id", UUID.class),
                row.getString("realm"),
                row.getString("role"),
                row.getString("label"),
                Database.instant(row, "created_at"),
                row.getString("created_by"),
                Database.instant(row, "last_used_at"),
                Database.instant(row, "revoked_at"),
                row.getString("revoked_by"));
    }
}
