package io.jobtrail.bench.speed.http.bare;

import io.javalin.Javalin;
import io.jobtrail.config.Logging;
import java.io.OutputStream;

/** The web server of the API with a route that reads the body and answers: what no API on it can be faster than. Argument: port. */
public final class BareRoute {
    private BareRoute() {}

    public static void main(String[] arguments) {
        Logging.configure(System.getenv());
        Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.routes.get("/heartbeat", ctx -> ctx.result("alive"));
                    config.routes.post("/pipeline/enqueue", ctx -> {
                        ctx.bodyInputStream().transferTo(OutputStream.nullOutputStream());
                        ctx.status(202).contentType("application/json").result("{\"status\":\"read\"}");
                    });
                })
                .start("127.0.0.1", Integer.parseInt(arguments[0]));
    }
}
