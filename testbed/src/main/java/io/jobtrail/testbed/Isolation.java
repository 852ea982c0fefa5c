package io.jobtrail.testbed;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Puts small standard programs in front of a command line that change how it runs: in a session of its own, ended with its
 * parent, or without root's rights. Each of them replaces itself by the next, so the process id stays that of the child.
 * It starts nothing itself.
 */
public final class Isolation {
    private static final boolean LINUX =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");

    private static final String NOBODY = "65534";

    private Isolation() {}

    /** Out of reach of the terminal's Ctrl-C, which would otherwise stop the servers before the workers are done with them. */
    static List<String> inOwnSession(List<String> command) {
        if (onPath("setsid").isPresent()) {
            return prefixed(command, "setsid");
        }
        if (onPath("perl").isPresent()) {
            return prefixed(command, "perl", "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV", "--");
        }
        return command;
    }

    /** Lets the kernel send the signal (TERM, INT, ...) when the thread that started the command is gone; Linux only. */
    public static List<String> endedWithParent(String signal, List<String> command) {
        return LINUX && utilLinuxSetpriv() ? prefixed(command, "setpriv", "--pdeathsig", signal) : command;
    }

    /**
     * For programs that refuse to run as root. An empty user namespace is preferred, for in it the files still belong to root;
     * where it is forbidden (as in most containers) the command runs as nobody, but may read and write what root may.
     *
     * @throws IllegalStateException as root when the machine allows neither way
     */
    static List<String> withoutRoot(List<String> command) {
        if (!LINUX || !isRoot()) {
            return command;
        }
        if (LinuxUtils.isUnshareAvailable()) {
            return prefixed(command, "unshare", "-U");
        }
        if (utilLinuxSetpriv()) {
            return asNobody(command);
        }
        throw new IllegalStateException(
                "Postgres refuses to run as root, and neither `unshare -U` nor `setpriv` works here."
                        + " Run as an ordinary user, install util-linux, or set DATABASE_URL to a Postgres of your own.");
    }

    static List<String> asNobody(List<String> command) {
        return prefixed(
                command,
                "setpriv",
                "--reuid=" + NOBODY,
                "--regid=" + NOBODY,
                "--clear-groups",
                "--inh-caps=+dac_override",
                "--ambient-caps=+dac_override");
    }

    static boolean isRoot() {
        return Directories.userId() == 0;
    }

    /** The program's place on PATH as it stands there: some programs choose what they are by the name of the link. */
    static Optional<Path> onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .filter(entry -> !entry.isBlank())
                .map(entry -> Path.of(entry, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** BusyBox has a setpriv too, one that lacks the options used here. */
    private static boolean utilLinuxSetpriv() {
        return onPath("setpriv")
                .filter(path -> Directories.realPath(path).endsWith("setpriv"))
                .isPresent();
    }

    private static List<String> prefixed(List<String> command, String... prefix) {
        List<String> all = new ArrayList<>(List.of(prefix));
        all.addAll(command);
        return List.copyOf(all);
    }
}
