package io.jobtrail.testbed;

import io.jobtrail.client.JobtrailClient;
import java.util.concurrent.CountDownLatch;

/** Runs until it is asked to end, and then tells in its log whether the API was still there. */
public final class StubWorker {
    private StubWorker() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments[1].equals(System.getenv("STUB_WORKER_DIES"))) {
            System.out.println("the worker's last words");
            System.exit(4);
        }
        JobtrailClient api = JobtrailClient.at("http://127.0.0.1:" + System.getenv("PORT"));
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> System.out.println("asked to end while the api was alive: " + api.isReady())));
        System.out.println("stub worker " + String.join(" ", arguments));
        new CountDownLatch(1).await();
    }
}
