package io.jobtrail.store;

import java.time.Instant;

/** Sessions that were ended before they expired, known by their hash alone. Must never see a session's cookie. */
public final class EndedSessions {
    private final Database database;

    public EndedSessions(Database database) {
        this.database = database;
    }

    /**
     * Once more does no harm.
     *
     * @param hash SHA-256 of the cookie
     * @param expires from when on nobody would believe it anyway
     */
    public void add(byte[] hash, Instant expires) {
        database.list("SELECT end_session(?, ?)", row -> null, hash, expires);
    }

    public boolean contains(byte[] hash) {
        return database.first(
                        "SELECT EXISTS (SELECT FROM pipeline_ended_sessions WHERE token_hash = ?)",
                        row -> row.getBoolean(1),
                        hash)
                .orElseThrow();
    }
}
