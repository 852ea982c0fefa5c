package io.jobtrail.testbed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the command line of {@code run_dev.sh} asks for.
 *
 * @param port 0 when none was given
 * @param files for the demo; empty means the samples
 */
record Options(boolean demo, List<Path> files, int port, boolean workers, boolean reset) {

    /**
     * @throws IllegalArgumentException with a sentence for the user
     */
    static Options parse(String... arguments) {
        boolean demo = false;
        boolean workers = true;
        boolean reset = false;
        int port = 0;
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            if (argument.equals("--no-workers")) {
                workers = false;
            } else if (argument.equals("--reset")) {
                reset = true;
            } else if (argument.equals("--port")) {
                port = port(++i < arguments.length ? arguments[i] : "nothing");
            } else if (argument.startsWith("--port=")) {
                port = port(argument.substring("--port=".length()));
            } else if (argument.startsWith("-")) {
                throw new IllegalArgumentException("unknown option " + argument);
            } else if (argument.equals("demo") && !demo) {
                demo = true;
            } else if (demo) {
                files.add(file(argument));
            } else {
                throw new IllegalArgumentException("unknown command " + argument + "; the only one is demo");
            }
        }
        if (demo && !workers) {
            throw new IllegalArgumentException("the demo needs workers: leave out --no-workers");
        }
        return new Options(demo, List.copyOf(files), port, workers, reset);
    }

    static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Reported below, in the same words as a number out of range.
        }
        throw new IllegalArgumentException("the port must be a number from 1 to 65535, not " + text);
    }

    private static Path file(String name) {
        Path file = Path.of(name);
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new IllegalArgumentException(name + " is not a readable file");
        }
        return file;
    }
}
