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

    /** A new connection to the database the address names. */
    Connection connect() throws SQLException {
        Properties properties = new Properties();
        String[] userInfo = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        if (userInfo.length > 0) {
            properties.setProperty("user", decoded(userInfo[0]));
        }
        if (userInfo.length > 1) {
            properties.setProperty("password", decoded(userInfo[1]));
        }
        String jdbc = "jdbc:postgresql://" + uri.getHost() + ":" + port() + uri.getRawPath() + query();
        return DriverManager.getConnection(jdbc, properties);
    }

    private String query() {
        return uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
