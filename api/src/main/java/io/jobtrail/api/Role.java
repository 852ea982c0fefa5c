package io.jobtrail.api;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a key may do: the one table of it. All but the admin's are for one realm. */
enum Role {
    /** For programs that send work and wait for it: no lists, no files, nothing of others' jobs whose ids they do not know. */
    ENQUEUE(EnumSet.of(Right.IDENTIFY, Right.SUBMIT, Right.FOLLOW)),
    /** For people and programs that look on. */
    READ(EnumSet.of(Right.IDENTIFY, Right.FOLLOW, Right.READ)),
    /** For the people who run the realm: everything within it. */
    OPERATE(EnumSet.of(Right.IDENTIFY, Right.SUBMIT, Right.FOLLOW, Right.READ, Right.OPERATE)),
    /** The key of the settings. It is never stored, so no key of a realm has this role. */
    ADMIN(EnumSet.allOf(Right.class));

    private final Set<Right> rights;

    Role(Set<Right> rights) {
        this.rights = rights;
    }

    boolean may(Right right) {
        return rights.contains(right);
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Role> of(String wireName) {
        return Arrays.stream(values())
                .filter(role -> role.wireName().equals(wireName))
                .findFirst();
    }

    /** Those that a key of a realm can have. */
    static List<Role> ofRealms() {
        return List.of(ENQUEUE, READ, OPERATE);
    }
}
