package io.jobtrail.bench.speed.peer;

import io.jobtrail.bench.speed.peer.jesque.PlainJesque;
import java.util.List;

/** All who can be measured, by name. */
public final class Contestants {
    private static final List<Contestant> ALL =
            List.of(new Ceiling(), new PlainJesque(), new DbScheduler(), new JobRunrPeer(), new Jobtrail());

    private Contestants() {}

    public static Contestant named(String name) {
        return ALL.stream()
                .filter(contestant -> contestant.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no contestant is named " + name));
    }

    public static List<String> names() {
        return ALL.stream().map(Contestant::name).toList();
    }
}
