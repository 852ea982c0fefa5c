package io.jobtrail.testbed;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Where a Postgres server is and who signs in, without the database: {@code postgresql://user:password@host:port/...?query}. */
record PostgresAddress(URI uri) {

    static PostgresAddress local(int port) {
        return new PostgresAddress(URI.create("postgresql://postgres@127.0.0.1:" + port + "/postgres"));
    }

    int port() {
        return uri.getPort() < 0 ? 5432 : uri.getPort();
    }

    /** The same server and user with another database. */
    String url(String database) {
        return "postgresql://" + uri.getRawAuthority() + "/" + database + query();
    }

    /** Empty when the address names none. */
    String user() {
        return userInfo(0);
    }

    /** Empty when the address names none. */
    String password() {
        return userInfo(1);
    }

    /** A new connection to the database the address names. */
    Connection connect() throws SQLException {
        Properties properties = new Properties();
        if (!user().isEmpty()) {
            properties.setProperty("user", user());
        }
        if (!password().isEmpty()) {
            properties.setProperty("password", password());
        }
        String jdbc = "jdbc:postgresql://" + uri.getHost() + ":" + port() + uri.getRawPath() + query();
        return DriverManager.getConnection(jdbc, properties);
    }

    private String userInfo(int part) {
        String[] parts = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        return parts.length > part ? decoded(parts[part]) : "";
    }

    private String query() {
        return uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
