package io.jobtrail.bench;

import io.jobtrail.bench.fuzz.Fuzz;
import io.jobtrail.bench.scale.Scale;
import io.jobtrail.bench.speed.Speed;
import io.jobtrail.bench.storm.Storm;
import io.jobtrail.config.Logging;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry of the programs that measure and try Jobtrail. Each runs on this machine only and stops what it starts. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures and tries Jobtrail on this machine.",
        subcommands = {Storm.class, Fuzz.class, Speed.class, Scale.class, TrailCost.class},
        synopsisSubcommandLabel = "storm|fuzz|speed|scale|trail-cost")
public final class Bench {
    private Bench() {}

    public static void main(String[] arguments) {
        Logging.configure(System.getenv());
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }
}
