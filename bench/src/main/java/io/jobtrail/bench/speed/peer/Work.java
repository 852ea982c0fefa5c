package io.jobtrail.bench.speed.peer;

import io.jobtrail.config.Logging;

/** The worker process of a contestant that is a library. Arguments: its name and the number of threads. Works until SIGTERM. */
public final class Work {
    private Work() {}

    public static void main(String[] arguments) throws Exception {
        Logging.configure(System.getenv());
        var worker = Contestants.named(arguments[0]).work(Backends.ofEnvironment(), Integer.parseInt(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                worker.close();
            } catch (Exception e) {
                e.printStackTrace();
            }
        }));
        Thread.currentThread().join();
    }
}
