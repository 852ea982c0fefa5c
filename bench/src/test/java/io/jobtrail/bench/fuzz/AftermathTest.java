package io.jobtrail.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The one fault that is passed over in the log: no other, nor too many of it. */
class AftermathTest {
    private static final List<String> EXCUSED = List.of(
            "java.lang.IllegalStateException: already released oeji.Retainable$ReferenceCounter@6645a69c[rc=0]",
            "\tat org.eclipse.jetty.io.Retainable$ReferenceCounter.release(Retainable.java:225)",
            "\tat org.eclipse.jetty.server.internal.HttpConnection.onFillable(HttpConnection.java:483)");

    private static List<String> left(List<String> lines) {
        return lines.stream().filter(new Aftermath.WithoutTwiceReleased()).toList();
    }

    @Test
    void whatFollowsItsStackIsSeen() {
        var other = List.of(
                "2026-01-31T12:00:00.000Z ERROR [a] Problems request failed",
                "java.lang.IllegalStateException: something else",
                "\tat io.jobtrail.api.Routes.server(Routes.java:1)");
        var log = new ArrayList<>(EXCUSED);
        log.addAll(other);
        log.addAll(EXCUSED);

        assertThat(left(log)).isEqualTo(other);
    }

    @Test
    void moreOfItThanItsRarityExplainsAreSeen() {
        var log =
                Collections.nCopies(21, EXCUSED).stream().flatMap(List::stream).toList();

        assertThat(left(log)).isEqualTo(EXCUSED);
    }
}
