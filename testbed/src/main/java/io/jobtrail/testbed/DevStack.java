package io.jobtrail.testbed;

import io.jobtrail.client.JobtrailClient;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The program behind {@code run_dev.sh}: reads the command line and the settings, starts a {@link Stack}, and either waits for
 * Ctrl-C or runs the {@link Demo}. It expects the jars to be built.
 */
public final class DevStack {
    private static final int DEFAULT_PORT = 8_000;
    private static final Duration PATIENCE = Duration.ofSeconds(5); // with an API on this machine
    private static final Duration DEMO_LIMIT = Duration.ofMinutes(5);

    private final PrintStream out;
    private final Path home;
    private final Map<String, String> settings;
    private final Options options;

    private DevStack(PrintStream out, Path home, Map<String, String> settings, Options options) {
        this.out = out;
        this.home = home;
        this.settings = settings;
        this.options = options;
    }

    /**
     * Exits with 0 when all went well, 1 when not, 2 when the command line makes no sense. The checkout is named by the system
     * property {@code jobtrail.home}, else it is the working directory.
     */
    public static void main(String[] arguments) {
        System.setProperty("logback.configurationFile", "logback-devstack.xml");
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            out.println("run_dev.sh: " + e.getMessage() + " (see ./run_dev.sh --help)");
            System.exit(2);
            return;
        }
        System.exit(run(out, options) ? 0 : 1);
    }

    private static boolean run(PrintStream out, Options options) {
        try {
            Path home = Path.of(System.getProperty("jobtrail.home", "")).toAbsolutePath();
            Map<String, String> settings = new HashMap<>(DotEnv.read(Path.of(".env")));
            settings.putAll(System.getenv());
            return new DevStack(out, home, settings, options).run();
        } catch (IOException | RuntimeException e) {
            out.println("run_dev.sh: " + (e.getMessage() == null ? e : e.getMessage()));
            return false;
        }
    }

    private boolean run() throws IOException {
        try (Stack stack = new Stack(home, settings, out)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stopOnSignal(stack), "stop-everything"));
            try {
                return serve(stack);
            } catch (IOException | RuntimeException e) {
                if (stack.isClosed()) {
                    return false; // no failure, but the consequence of Ctrl-C
                }
                throw e;
            }
        }
    }

    private void stopOnSignal(Stack stack) {
        if (!stack.isClosed()) {
            out.println("Stopping ...");
        }
        stack.close();
    }

    private boolean serve(Stack stack) throws IOException {
        List<Path> files = options.demo() ? demoFiles() : List.of();
        stack.prepare(options.reset());
        stack.startServers();
        int port = port();
        String url = "http://127.0.0.1:" + port;
        JobtrailClient client = client(url);
        stack.startApi(port, client);
        if (options.workers()) {
            stack.startWorkers();
        }
        out.println("Logs       " + home.resolve(".dev/logs"));
        out.println("Dashboard  " + url + "/");
        out.println("API        " + url + "/docs");
        if (options.demo()) {
            out.println();
            return new Demo(client, stack::isServing, DEMO_LIMIT, out).run(files);
        }
        out.println("\nTry it:\n  " + curl(url) + "\n\nCtrl-C stops everything.");
        stack.awaitEnd();
        if (!stack.isClosed()) {
            out.println("The API or the last worker has ended; stopping the rest.");
        }
        return false;
    }

    private JobtrailClient client(String url) {
        JobtrailClient client = JobtrailClient.at(url).realm(Demo.REALM).patience(PATIENCE);
        String key = settings.getOrDefault("ADMIN_API_KEY", "");
        return key.isEmpty() ? client : client.key(key);
    }

    private int port() {
        int wanted = options.port();
        if (wanted == 0) {
            String setting = settings.getOrDefault("PORT", "");
            wanted = setting.isBlank() ? DEFAULT_PORT : Options.port(setting);
        }
        int port = Ports.freeNear(wanted);
        if (port != wanted) {
            out.println("Port " + wanted + " is taken; using " + port + ".");
        }
        return port;
    }

    private List<Path> demoFiles() {
        List<Path> files = options.files().isEmpty() ? samples() : options.files();
        if (files.isEmpty()) {
            throw new IllegalStateException("there are no files in " + home.resolve("samples") + "; name some");
        }
        return files;
    }

    private List<Path> samples() {
        Path samples = home.resolve("samples");
        if (!Files.isDirectory(samples)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(samples)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .filter(file -> !file.getFileName().toString().equals("README.md"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String curl(String url) {
        Path sample = samples().stream().findFirst().orElse(home.resolve("README.md"));
        String key = settings.getOrDefault("ADMIN_API_KEY", "").isEmpty() ? "" : "-H \"X-Admin-Key: $ADMIN_API_KEY\" ";
        return "curl -s " + key + "-H 'X-Realm: demo' -F 'file=@" + sample + "' " + url + "/pipeline/enqueue";
    }
}
