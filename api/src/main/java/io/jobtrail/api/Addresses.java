package io.jobtrail.api;

import io.javalin.http.Context;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collections;
import java.util.regex.Pattern;

/**
 * Where requests come from. {@code X-Forwarded-For} is believed only as far as proxies that the settings know have written it:
 * everything before that the caller can have made up.
 *
 * @param proxies how many stand before this server and each add an address
 */
record Addresses(int proxies) {
    private static final Pattern LITERAL =
            Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F.]*:[0-9a-fA-F:.]{1,45}");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");

    String of(Context ctx) {
        if (proxies == 0) {
            return ctx.ip();
        }
        var lines = Collections.list(ctx.req().getHeaders("X-Forwarded-For"));
        var hops = COMMA.split(String.join(",", lines).strip());
        var client = hops.length < proxies ? "" : hops[hops.length - proxies];
        return LITERAL.matcher(client).matches() ? client : ctx.ip();
    }

    /** Those that one caller can choose from count as one: of an IPv6 address the first 64 bits. */
    String network(Context ctx) {
        var address = of(ctx);
        if (!address.contains(":")) {
            return address;
        }
        try {
            var bytes = InetAddress.getByName(address).getAddress(); // of colons, so no name is looked up
            if (bytes.length == 16) {
                Arrays.fill(bytes, 8, 16, (byte) 0);
            }
            return InetAddress.getByAddress(bytes).getHostAddress();
        } catch (UnknownHostException e) {
            return address;
        }
    }
}
