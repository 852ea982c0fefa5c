package io.jobtrail.api;

import io.javalin.config.Key;
import io.javalin.http.Context;
import io.javalin.http.MethodNotAllowedResponse;
import io.javalin.router.ParsedEndpoint;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which methods a path takes. A path that is written out in a route is that one and no other: its last part is no id of a route that
 * would take any. Knows the routes only once they are all there.
 */
final class AllowedMethods {
    static final Key<AllowedMethods> KEY = new Key<>("allowed methods");

    private volatile List<ParsedEndpoint> literal = List.of();
    private volatile List<ParsedEndpoint> variable = List.of();

    void learn(List<ParsedEndpoint> routes) {
        var kinds = routes.stream()
                .filter(route -> route.endpoint.method.isHttpMethod())
                .collect(Collectors.partitioningBy(route -> isVariable(route.endpoint.path)));
        literal = kinds.get(false);
        variable = kinds.get(true);
    }

    private static boolean isVariable(String path) {
        return path.contains("{");
    }

    /** As in the header Allow; empty for a path that does not exist. */
    String of(String path) {
        var written = methods(literal, path);
        return String.join(", ", written.isEmpty() ? methods(variable, path) : written);
    }

    private static Set<String> methods(List<ParsedEndpoint> routes, String path) {
        return routes.stream()
                .filter(route -> route.matches(path))
                .map(route -> route.endpoint.method.name())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** After the route was found: one with a variable in its path was found for want of the method. */
    void refuseNamesAsIds(Context ctx) {
        var found = ctx.endpoints().matchedHttpEndpoint();
        if (found != null
                && isVariable(found.path)
                && !methods(literal, ctx.path()).isEmpty()) {
            throw new MethodNotAllowedResponse();
        }
    }
}
