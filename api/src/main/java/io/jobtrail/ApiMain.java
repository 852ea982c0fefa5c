package io.jobtrail;

import io.jobtrail.api.ApiServer;
import io.jobtrail.config.Logging;
import io.jobtrail.config.Settings;
import io.jobtrail.doctor.Doctor;
import io.jobtrail.metrics.Footprint;
import io.jobtrail.store.Schema;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The web process: reads the settings, migrates the schema, serves until it is told to stop. */
@Command(
        name = "api",
        mixinStandardHelpOptions = true,
        versionProvider = ApiMain.Version.class,
        description =
                "Takes jobs and tells about them over HTTP. Without a command it serves. All settings are environment "
                        + "variables; the README lists them.",
        synopsisSubcommandLabel = "[serve|migrate|config|doctor]")
public final class ApiMain implements Callable<Integer> {
    private ApiMain() {}

    /** As the jar says; there is none while classes are run as they were compiled. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = ApiMain.class.getPackage().getImplementationVersion();
            return new String[] {"jobtrail api " + (version == null ? "dev" : version)};
        }
    }

    /** Exit codes: 0 done, 1 the start failed, 2 wrong command or settings. */
    public static void main(String[] arguments) {
        Logging.configure(System.getenv());
        int exit = new CommandLine(new ApiMain())
                .setExecutionExceptionHandler((e, commandLine, result) -> {
                    System.err.println("api: " + (e.getMessage() == null ? e : e.getMessage()));
                    return e instanceof Settings.InvalidSettings || e instanceof ApiServer.OpenToStrangers ? 2 : 1;
                })
                .execute(arguments);
        System.exit(exit);
    }

    @Override
    public Integer call() throws InterruptedException {
        return serve();
    }

    @Command(description = "Serves until SIGTERM; the default.")
    Integer serve() throws InterruptedException {
        var settings = Settings.fromEnvironment(System.getenv());
        Schema.migrate(settings.databaseUrl(), settings.retentionDays());
        Logger log = LoggerFactory.getLogger(ApiMain.class);
        var server = ApiServer.start(settings);
        log.info("listening on http://{}:{} ({})", settings.host(), server.port(), Footprint.atReady());
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            server.close();
                            log.info("stopped");
                            Runtime.getRuntime().halt(0); // a stop that went as it should is no error
                        },
                        "shutdown"));
        Thread.currentThread().join(); // the server's threads do the work; the hook ends the process
        return 0;
    }

    @Command(description = "Brings the database to the state of sql/ and exits.")
    Integer migrate() {
        var settings = Settings.fromEnvironment(System.getenv());
        int scripts = Schema.migrate(settings.databaseUrl(), settings.retentionDays());
        System.out.println(scripts == 0 ? "The schema is up to date" : "Ran " + scripts + " scripts");
        return 0;
    }

    @Command(description = "Prints the settings in force and where each comes from; secrets are masked.")
    Integer config() {
        try {
            System.out.println(
                    Settings.table(Settings.fromEnvironment(System.getenv()).entries()));
            return 0;
        } catch (Settings.InvalidSettings e) {
            System.out.println(Settings.table(e.entries()));
            throw e;
        }
    }

    @Command(
            description =
                    "Checks what this process rests on, and says what to do about what is wrong. Exit code 0: nothing "
                            + "has failed, 1: something has.")
    Integer doctor() {
        return Doctor.examine(() -> Settings.fromEnvironment(System.getenv()), List.of(), System.out);
    }
}
