package io.jobtrail.api;

import io.javalin.security.RouteRole;
import java.util.Locale;

/**
 * What a route asks of its caller. Each line of {@link Routes} states exactly one; a route that states none is only for the
 * admin. Which keys have a right says {@link Role}.
 */
enum Right implements RouteRole {
    /** Nothing: everybody may call it, without any key. */
    OPEN,
    /** Any key that is valid. */
    IDENTIFY,
    /** To send work. */
    SUBMIT,
    /** To see how one job or one batch stands whose id the caller knows. */
    FOLLOW,
    /** To find jobs, and to see everything about them. */
    READ,
    /** To change jobs: cancel, retry, delete, answer. */
    OPERATE,
    /** To do what concerns more than one realm: keys, queues, metrics of the process. */
    ADMINISTER;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
