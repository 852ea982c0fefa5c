package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.Names;
import java.util.UUID;

/**
 * Who makes a request, once {@link Access} has let it in: what every answer has to be held against. Nothing of another realm
 * may be told or touched.
 *
 * @param realm the only one that the caller sees; null = all
 * @param actor as it stands in the trail
 * @param keyId of the realm's key; null when none was used
 */
record Principal(Role role, String realm, String actor, UUID keyId) {
    static final Principal ADMIN = new Principal(Role.ADMIN, null, "admin", null);

    private static final String DEFAULT_REALM = "default";

    static Principal of(Context ctx) {
        Principal principal = ctx.attribute(Principal.class.getName());
        if (principal == null) {
            throw new IllegalStateException(ctx.path() + " is open to everybody and has no caller");
        }
        return principal;
    }

    void enters(Context ctx) {
        ctx.attribute(Principal.class.getName(), this);
        LogContext.realm(realm);
    }

    /** Whatever is not seen must be answered exactly as if it did not exist. */
    boolean sees(String ofRealm) {
        return realm == null || realm.equals(ofRealm);
    }

    /**
     * The realm that a list is to be of.
     *
     * @param field that the caller named a realm in
     * @param asked null = whatever the caller may see
     * @return null = all realms
     */
    String listed(String field, String asked) {
        if (asked != null && !sees(asked)) {
            throw ApiError.foreignRealm(field, realm);
        }
        return realm == null ? asked : realm;
    }

    /** The realm of what the request makes, or of the changes that it follows: {@code X-Realm}, else that of the key. */
    String named(Context ctx) {
        var asked = realmHeader(ctx);
        return asked != null ? asked : realm != null ? realm : DEFAULT_REALM;
    }

    /** Null when it was not sent. */
    static String realmHeader(Context ctx) {
        var asked = ctx.header("X-Realm");
        if (asked != null && !Names.isValid(asked)) {
            throw ApiError.invalid("X-Realm", Names.RULE);
        }
        return asked;
    }
}
