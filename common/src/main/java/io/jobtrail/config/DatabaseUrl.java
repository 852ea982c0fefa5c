package io.jobtrail.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Where Postgres is, understood from any of the forms that hosting platforms hand out.
 *
 * @param jdbcUrl without user and password
 */
public record DatabaseUrl(String jdbcUrl, String user, String password) {

    /** Read here because {@link URI} knows no host with an underscore, which names of containers may have. */
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:(?<user>[^@]*)@)?(?<host>\\[[^]]+]|[A-Za-z0-9._-]+)(?::(?<port>\\d{1,5}))?");

    /**
     * Accepts {@code postgres://}, {@code postgresql://} and {@code jdbc:postgresql://}. The port defaults to 5432. For a host
     * that is neither loopback nor private, {@code sslmode=require} is added unless the URL names an sslmode.
     *
     * @throws IllegalArgumentException saying what is wrong, without repeating the URL, which may hold a password
     */
    public static DatabaseUrl parse(String url) {
        var text = url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url;
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is no URL; special characters of a password must be percent-encoded");
        }
        if (!"postgres".equals(uri.getScheme()) && !"postgresql".equals(uri.getScheme())) {
            throw new IllegalArgumentException("must start with postgres://, postgresql:// or jdbc:postgresql://");
        }
        var address = AUTHORITY.matcher(uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
        if (!address.matches() || uri.getPath() == null || uri.getPath().length() < 2) {
            throw new IllegalArgumentException("must look like postgresql://user:password@host:5432/database");
        }
        String user = null;
        String password = null;
        if (address.group("user") != null) {
            var parts = address.group("user").split(":", 2);
            user = decode(parts[0]);
            password = parts.length == 2 ? decode(parts[1]) : null;
        }
        var query = new StringBuilder();
        for (var pair :
                uri.getRawQuery() == null ? new String[0] : uri.getRawQuery().split("&")) {
            if (pair.startsWith("user=")) {
                user = decode(pair.substring("user=".length()));
            } else if (pair.startsWith("password=")) {
                password = decode(pair.substring("password=".length()));
            } else {
                query.append(query.isEmpty() ? "?" : "&").append(pair);
            }
        }
        if (query.indexOf("sslmode=") < 0 && !isNear(address.group("host"))) {
            query.append(query.isEmpty() ? "?" : "&").append("sslmode=require");
        }
        var port = address.group("port") == null ? "5432" : address.group("port");
        return new DatabaseUrl(
                "jdbc:postgresql://" + address.group("host") + ":" + port + uri.getRawPath() + query, user, password);
    }

    /** Host names without a dot are names of a private network, such as those between services of one platform. */
    private static boolean isNear(String host) {
        if (!host.contains(".") && !host.contains(":")) {
            return true;
        }
        if (!host.matches("[0-9.]+|\\[.*]")) {
            return false; // a public name; looking it up here would make start-up depend on DNS
        }
        try {
            var address = InetAddress.getByName(host);
            var uniqueLocal = address instanceof Inet6Address && (address.getAddress()[0] & 0xFE) == 0xFC; // fc00::/7
            return address.isLoopbackAddress()
                    || address.isSiteLocalAddress()
                    || address.isLinkLocalAddress()
                    || uniqueLocal;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(
                text.replace("+", URLEncoder.encode("+", StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return (user == null ? "" : user + (password == null ? "" : ":***") + " at ") + jdbcUrl;
    }
}
