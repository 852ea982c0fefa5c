package io.jobtrail.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkDirectoryTest {
    @TempDir
    Path temp;

    private final Instant later = Instant.now().plusSeconds(3600);

    @Test
    void whatADeadProcessLeftIsRemoved() throws Exception {
        Path left = Files.createDirectories(temp.resolve("jobtrail-work-1-dead/job-1/deep"));
        Files.writeString(left.resolve("input"), "rest");

        WorkDirectory.removeLeftovers(temp, "work", later);

        assertThat(temp).isEmptyDirectory();
    }

    @Test
    void directoriesOfLivingProcessesAndOfOtherKindsStay() throws Exception {
        Path other = Files.createDirectory(temp.resolve("jobtrail-uploads-1-dead"));
        try (WorkDirectory living = WorkDirectory.createIn(temp, "work")) {
            WorkDirectory.removeLeftovers(temp, "work", later);

            assertThat(living.path()).exists();
        }
        assertThat(other).exists();
    }

    @Test
    void oneThatThisProcessLooksAtAgainStaysLockedForOthers() throws Exception {
        Path probe = Files.writeString(temp.resolve("Probe.java"), """
                public class Probe {
                    public static void main(String[] path) throws Exception {
                        try (var file = java.nio.channels.FileChannel.open(
                                java.nio.file.Path.of(path[0]), java.nio.file.StandardOpenOption.WRITE)) {
                            System.exit(file.tryLock() == null ? 0 : 1);
                        }
                    }
                }
                """);
        try (WorkDirectory living = WorkDirectory.createIn(temp, "work")) {
            WorkDirectory.removeLeftovers(temp, "work", later);

            Path java = Path.of(System.getProperty("java.home"), "bin", "java");
            Process other = new ProcessBuilder(
                            java.toString(),
                            probe.toString(),
                            living.path().resolve("lock").toString())
                    .start();
            assertThat(other.waitFor()).as("0 = locked").isZero();
        }
    }

    @Test
    void aYoungDirectoryStaysBecauseItsOwnerMayBeStarting() throws Exception {
        Path young = Files.createDirectory(temp.resolve("jobtrail-work-1-young"));

        WorkDirectory.createIn(temp, "work").close();

        assertThat(young).exists();
    }

    @Test
    void aProcessThatIsStartedAgainAtOnceRemovesWhatItsPredecessorLeft() throws Exception {
        Path left = Files.createDirectory(temp.resolve("jobtrail-work-1-dead"));
        Files.createFile(left.resolve("lock"));
        Files.setLastModifiedTime(
                left.resolve("lock"), FileTime.from(Instant.now().minusSeconds(2)));
        Files.writeString(left.resolve("input"), "rest");

        WorkDirectory.createIn(temp, "work").close();

        assertThat(left).doesNotExist();
    }

    @Test
    void closingRemovesEverything() throws Exception {
        WorkDirectory work = WorkDirectory.createIn(temp, "work");
        Files.writeString(work.newDirectory("job-").resolve("input"), "text");

        work.close();

        assertThat(temp).isEmptyDirectory();
    }
}
