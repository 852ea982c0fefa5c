package io.jobtrail.testbed;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Runs single statements for the tests, each on a connection of its own. */
final class Sql {
    private Sql() {}

    static void run(String url, String sql) {
        try (Connection connection = DriverManager.getConnection(jdbc(url));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static String value(String url, String sql) {
        try (Connection connection = DriverManager.getConnection(jdbc(url));
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String jdbc(String url) {
        return url.replace("postgresql://postgres@", "jdbc:postgresql://") + "?user=postgres";
    }
}
