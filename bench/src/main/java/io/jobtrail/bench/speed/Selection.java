package io.jobtrail.bench.speed;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What of all that can be measured somebody wants: of a kind of which nothing is named, everything. */
final class Selection {
    private final Set<String> named;

    /**
     * @param kinds all names of each kind
     * @throws IllegalArgumentException for a name that is of no kind
     */
    Selection(List<String> named, List<? extends Collection<String>> kinds) {
        this.named = Set.copyOf(named);
        var known = new HashSet<String>();
        kinds.forEach(known::addAll);
        for (var name : named) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(name + " is not known; known are "
                        + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    /** Those of this kind that are wanted, in their order. */
    List<String> of(Collection<String> kind) {
        var wanted = kind.stream().filter(named::contains).toList();
        return wanted.isEmpty() ? List.copyOf(kind) : wanted;
    }
}
