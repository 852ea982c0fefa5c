package io.jobtrail.run;

import io.jobtrail.handler.JobHandler;
import io.jobtrail.job.Names;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;

/** The handlers of this process by name: the built-in ones, those on the class path, and those in jars of a directory. */
public final class Handlers {
    private final Map<String, JobHandler> byName = new TreeMap<>();

    /**
     * @param builtIn made by the Main
     * @param directory where jars with further handlers lie; need not exist
     * @throws IllegalStateException when two handlers have one name or a name has forbidden characters
     */
    public static Handlers load(List<JobHandler> builtIn, Path directory) {
        var handlers = new Handlers();
        builtIn.forEach(handlers::add);
        ServiceLoader.load(JobHandler.class, loaderFor(directory)).forEach(handlers::add);
        return handlers;
    }

    public Set<String> names() {
        return byName.keySet();
    }

    JobHandler get(String name) {
        return byName.get(name);
    }

    private void add(JobHandler handler) {
        var name = handler.name();
        if (name == null || !Names.isValid(name)) {
            throw new IllegalStateException("the name %s of handler %s is not allowed: it %s"
                    .formatted(name, handler.getClass().getName(), Names.RULE));
        }
        var other = byName.putIfAbsent(name, handler);
        if (other != null) {
            throw new IllegalStateException("two handlers are named %s: %s and %s"
                    .formatted(
                            name, other.getClass().getName(), handler.getClass().getName()));
        }
    }

    private static ClassLoader loaderFor(Path directory) {
        var parent = Handlers.class.getClassLoader();
        if (!Files.isDirectory(directory)) {
            return parent;
        }
        try (var files = Files.list(directory)) {
            var jars = files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .map(Handlers::url)
                    .toArray(URL[]::new);
            return jars.length == 0 ? parent : new URLClassLoader(jars, parent);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the handlers directory " + directory, e);
        }
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("a file always has a URL", e);
        }
    }
}
