package io.jobtrail.api;

import io.javalin.config.Key;
import io.javalin.http.Context;
import io.javalin.http.MethodNotAllowedResponse;
import io.javalin.router.ParsedEndpoint;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which methods a path takes. A path that is written out in a route is that one and no other: its last part is no id of a route that
 * would take any. Knows the routes only once they are all there.
 */
final class AllowedMethods {
    static final Key<AllowedMethods> KEY = new Key<>("allowed methods");

    private volatile Map<String, String> literal = Map.of();
    private volatile List<ParsedEndpoint> variable = List.of();

    void learn(List<ParsedEndpoint> routes) {
        literal = routes.stream()
                .filter(route -> route.endpoint.method.isHttpMethod() && !isVariable(route.endpoint.path))
                .collect(Collectors.groupingBy(
                        route -> route.endpoint.path,
                        Collectors.mapping(route -> route.endpoint.method.name(), Collectors.joining(", "))));
        variable = routes.stream()
                .filter(route -> route.endpoint.method.isHttpMethod() && isVariable(route.endpoint.path))
                .toList();
    }

    private static boolean isVariable(String path) {
        return path.contains("{");
    }

    /** As in the header Allow; empty for a path that does not exist. */
    String of(String path) {
        var written = literal.get(path);
        return written != null
                ? written
                : variable.stream()
                        .filter(route -> route.matches(path))
                        .map(route -> route.endpoint.method.name())
                        .collect(Collectors.collectingAndThen(
                                Collectors.toCollection(TreeSet::new), methods -> String.join(", ", methods)));
    }

    /** After the route was found: one with a variable in its path was found for want of the method. */
    void refuseNamesAsIds(Context ctx) {
        var found = ctx.endpoints().matchedHttpEndpoint();
        if (found != null && isVariable(found.path) && literal.containsKey(ctx.path())) {
            throw new MethodNotAllowedResponse();
        }
    }
}
