package io.jobtrail.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "postgres://u:p@localhost:5433/db, jdbc:postgresql://localhost:5433/db, u, p",
                "postgresql://u:p@127.0.0.1/db, jdbc:postgresql://127.0.0.1:5432/db, u, p",
                "jdbc:postgresql://localhost/db, jdbc:postgresql://localhost:5432/db, -, -",
                "jdbc:postgresql://localhost/db?user=u&password=p%26q, jdbc:postgresql://localhost:5432/db, u, p&q",
                "postgres://u@localhost/db, jdbc:postgresql://localhost:5432/db, u, -",
                "postgres://u%40x:p%3A%2F%40+%25@localhost/db, jdbc:postgresql://localhost:5432/db, u@x, p:/@+%",
                "postgres://u:p:q@localhost/db, jdbc:postgresql://localhost:5432/db, u, p:q",
                "postgres://u:p@db/x?connectTimeout=3, jdbc:postgresql://db:5432/x?connectTimeout=3, u, p",
                "postgres://u:p@[::1]:5433/x, jdbc:postgresql://[::1]:5433/x, u, p",
                "postgres://u:p@my_db:5433/x, jdbc:postgresql://my_db:5433/x, u, p",
            })
    void everyFormOfTheUrlIsUnderstood(String url, String jdbcUrl, String user, String password) {
        assertThat(DatabaseUrl.parse(url)).isEqualTo(new DatabaseUrl(jdbcUrl, user, password));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "db.example.com",
                "8.8.8.8",
                "172.32.0.1",
                "[2001:db8::1]",
                "10.example.com",
                "localhost.example.com"
            })
    void aPublicHostIsSpokenToWithTls(String host) {
        assertThat(DatabaseUrl.parse("postgres://u:p@" + host + "/x").jdbcUrl()).endsWith("/x?sslmode=require");
        assertThat(DatabaseUrl.parse("postgres://u:p@" + host + "/x?a=b").jdbcUrl())
                .endsWith("/x?a=b&sslmode=require");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "127.0.0.1",
                "10.1.2.3",
                "192.168.0.1",
                "172.16.0.1",
                "169.254.1.1",
                "[::1]",
                "[fe80::1]",
                "[fd12:3456::1]",
                "dpg-abc123-a"
            })
    void aNearHostIsSpokenToAsItWants(String host) {
        assertThat(DatabaseUrl.parse("postgres://u:p@" + host + "/x").jdbcUrl()).endsWith("/x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "verify-full", "prefer"})
    void aGivenSslmodeIsKept(String mode) {
        assertThat(DatabaseUrl.parse("postgres://u:p@db.example.com/x?sslmode=" + mode)
                        .jdbcUrl())
                .endsWith("/x?sslmode=" + mode);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "mysql://u:secret@localhost/db",
                "postgres://u:secret@localhost",
                "postgres://u:secret@localhost/",
                "postgres://u:secret#1@localhost/db",
                "postgres://u:secret 1@localhost/db",
                "postgres://u:secret%zz@localhost/db",
                "postgres:u:secret@localhost/db",
                "postgres:///db?password=secret",
                "http://u:secret@localhost/db"
            })
    void whatIsWrongIsSaidWithoutRepeatingTheUrl(String url) {
        assertThatThrownBy(() -> DatabaseUrl.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .message()
                .isNotBlank()
                .doesNotContain("secret");
    }

    @Test
    void thePasswordIsNotShown() {
        assertThat(DatabaseUrl.parse("postgres://u:secret@localhost/x"))
                .hasToString("u:*** at jdbc:postgresql://localhost:5432/x");
        assertThat(DatabaseUrl.parse("jdbc:postgresql://localhost/x?user=u&password=secret")
                        .toString())
                .doesNotContain("secret");
    }
}
