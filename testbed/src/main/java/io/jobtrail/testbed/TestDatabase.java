package io.jobtrail.testbed;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A migrated, empty database that one test has for itself. The migration runs once per JVM into a template; each test gets a
 * copy of it, which takes a fraction of the time.
 */
public final class TestDatabase implements AutoCloseable {
    /** Tells this JVM's databases from those of others on a given server. */
    private static final String PREFIX = "test_" + UUID.randomUUID().toString().substring(0, 8);

    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static final Map<Class<?>, String> TEMPLATES = new HashMap<>();

    private final PostgresServer server;
    private final String name;

    private TestDatabase(PostgresServer server, String name) {
        this.server = server;
        this.name = name;
    }

    /**
     * A new database on the shared server.
     *
     * @param migrate called with the url of the template, once per JVM and class of migrator; it must close its connections
     */
    public static TestDatabase fresh(Consumer<String> migrate) {
        PostgresServer server = TestServers.postgres();
        String name = nextName();
        server.createDatabase(name, template(server, migrate));
        return new TestDatabase(server, name);
    }

    public String name() {
        return name;
    }

    public String url() {
        return server.url(name);
    }

    /** Drops the database and ends the sessions still in it. */
    @Override
    public void close() {
        server.dropDatabase(name);
    }

    private static synchronized String template(PostgresServer server, Consumer<String> migrate) {
        return TEMPLATES.computeIfAbsent(migrate.getClass(), migrator -> {
            String template = nextName();
            server.createDatabase(template);
            if (!server.isOwn()) {
                TestServers.atEnd(() -> server.dropDatabase(template));
            }
            migrate.accept(server.url(template));
            return template;
        });
    }

    private static String nextName() {
        return PREFIX + "_" + COUNTER.incrementAndGet();
    }
}
