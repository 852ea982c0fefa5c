package io.jobtrail.bench.storm.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.testing.JobtrailDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Patches name source text. Whoever changes that text learns here that a patch has to follow. */
class PatchesTest {
    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    @TempDir
    private Path classes;

    @ParameterizedTest
    @EnumSource
    void everyCrashPointStillFitsTheSources(CrashPoint point) {
        point.compile(CHECKOUT, CLASS_PATH, classes);

        assertThat(classes).isNotEmptyDirectory();
    }

    @ParameterizedTest
    @EnumSource
    void everySabotageStillFitsTheSources(Sabotage sabotage) throws Exception {
        sabotage.compile(CHECKOUT, CLASS_PATH, classes);
        try (var database = JobtrailDatabase.fresh();
                var owner = database.connect()) {
            var before = fingerprint(database);
            sabotage.alter(CHECKOUT, owner);

            boolean altered = !fingerprint(database).equals(before);
            assertThat(altered || !isEmpty(classes)).isTrue();
            assertThat(altered).isEqualTo(sabotage == Sabotage.NO_FENCE || sabotage == Sabotage.NO_TRAIL);
        }
    }

    /** What the protection was for happens now. */
    @Test
    void withoutTheFenceAZombieFinishesTheAttemptOfAnother() throws Exception {
        try (var database = JobtrailDatabase.fresh();
                var owner = database.connect()) {
            var zombie = database.aJob().claimedBy("host:1:0000-0");
            database.store().giveBack(zombie, "WORKER_SHUTDOWN");
            database.store()
                    .claim(zombie.id(), "host:2:0000-0", List.of("process_document"))
                    .orElseThrow();
            assertThat(database.store().complete(zombie, "{}")).isFalse();

            Sabotage.NO_FENCE.alter(CHECKOUT, owner);

            assertThat(database.store().complete(zombie, "{}")).isTrue();
        }
    }

    @Test
    void aPatchWhoseTextIsGoneOrThereTwiceDoesNotApply() throws Exception {
        Files.writeString(classes.resolve("A.java"), "one two two");
        for (var find : List.of("two", "three")) {
            assertThatThrownBy(() -> Patch.apply(classes, "A.java", List.of(new Patch("A.java", find, ""))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(find);
        }
    }

    private static Object fingerprint(JobtrailDatabase database) {
        return database.ask("""
                SELECT md5(string_agg(prosrc, '' ORDER BY proname, oid::regprocedure::text))
                    || (SELECT string_agg(tgname::text || tgenabled::text, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal)
                FROM pg_proc WHERE pronamespace = current_schema()::regnamespace""");
    }

    private static boolean isEmpty(Path directory) throws Exception {
        try (var files = Files.list(directory)) {
            return files.findAny().isEmpty();
        }
    }
}
