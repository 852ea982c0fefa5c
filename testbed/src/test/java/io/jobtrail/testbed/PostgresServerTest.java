package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PostgresServerTest {
    @TempDir
    Path directory;

    /** The embedded binaries always; the machine's own where it has some. */
    static Stream<PostgresBinaries> binaries() {
        return Stream.concat(Stream.of(PostgresBinaries.embedded()), PostgresBinaries.installed().stream());
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void dataSurviveARestartOnTheSamePortAndAreFoundByALaterServer(PostgresBinaries binaries) {
        try (PostgresServer server = PostgresServer.start(directory, binaries)) {
            int port = server.port();
            writeOne(server);

            server.restart();

            assertThat(server.port()).isEqualTo(port);
            assertThat(readOne(server)).isEqualTo("1");
        }
        try (PostgresServer later = PostgresServer.start(directory, binaries)) {
            assertThat(readOne(later)).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void whatWasCommittedSurvivesAnImmediateStopAndAKill(PostgresBinaries binaries) throws IOException {
        try (PostgresServer server = PostgresServer.start(directory, binaries)) {
            writeOne(server);

            server.stopImmediately();
            assertThat(Ports.isFree(server.port())).isTrue();
            assertThatThrownBy(() -> readOne(server)).hasMessageContaining("refused");
            server.startAgain();
            assertThat(readOne(server)).isEqualTo("1");

            ProcessHandle postmaster = postmaster();
            postmaster.destroyForcibly();
            await().until(() -> !postmaster.isAlive());
            assertThat(directory.resolve("data/postmaster.pid")).exists();
            server.startAgain();
            assertThat(readOne(server)).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void durabilityAndEncodingAreThoseOfProduction(PostgresBinaries binaries) {
        try (PostgresServer server = PostgresServer.start(directory, binaries)) {
            String url = server.url("postgres");
            assertThat(Sql.value(url, "SHOW fsync")).isEqualTo("on");
            assertThat(Sql.value(url, "SHOW synchronous_commit")).isEqualTo("on");
            assertThat(Sql.value(url, "SHOW full_page_writes")).isEqualTo("on");
            assertThat(Sql.value(url, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(Sql.value(url, "SHOW max_connections")).isEqualTo("200");
            assertThat(Sql.value(url, "SELECT lower('Ä')")).isEqualTo("ä");
        }
    }

    @Test
    void aPidFileThatNamesAnotherProgramDoesNotBlockTheStart() throws IOException {
        PostgresServer.start(directory).close();
        ChildProcess other = ChildProcess.start("other", directory.resolve("log"), Map.of(), List.of("sleep", "600"));
        Files.writeString(
                directory.resolve("data/postmaster.pid"),
                other.handle().pid() + "\n" + directory.resolve("data") + "\n");

        try (PostgresServer server = PostgresServer.start(directory)) {
            assertThat(Sql.value(server.url("postgres"), "SELECT 1")).isEqualTo("1");
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.kill();
        }
    }

    @Test
    void aDirectoryOfBrokenDataIsReportedWithTheServersOwnWords() throws IOException {
        PostgresServer.start(directory).close();
        Files.writeString(directory.resolve("data/PG_VERSION"), "9\n");

        assertThatThrownBy(() -> PostgresServer.start(directory)).hasMessageContaining("incompatible");
    }

    @Test
    void aRunningServerCanBeSharedByUrlButItsDirectoryCannot() {
        try (PostgresServer own = PostgresServer.start(directory)) {
            try (PostgresServer given = PostgresServer.given(own.url("postgres"))) {
                assertThatThrownBy(() -> PostgresServer.start(directory)).hasMessageContaining("in use");
                given.createDatabase("guest");
                assertThat(Sql.value(own.url("guest"), "SELECT 1")).isEqualTo("1");
                given.createDatabaseIfMissing("guest");
                given.dropDatabase("guest");
                assertThatThrownBy(given::stopImmediately).isInstanceOf(UnsupportedOperationException.class);
            }
            assertThat(Sql.value(own.url("postgres"), "SELECT 1")).isEqualTo("1");
        }
    }

    private ProcessHandle postmaster() throws IOException {
        String pid =
                Files.readAllLines(directory.resolve("data/postmaster.pid")).get(0);
        return ProcessHandle.of(Long.parseLong(pid.trim())).orElseThrow();
    }

    private static void writeOne(PostgresServer server) {
        server.createDatabase("kept");
        Sql.run(server.url("kept"), "CREATE TABLE t AS SELECT 1 AS n");
    }

    private static String readOne(PostgresServer server) {
        return Sql.value(server.url("kept"), "SELECT n FROM t");
    }
}
