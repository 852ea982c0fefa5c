package io.jobtrail.api;

import java.util.List;

/**
 * Why something is not healthy, in words. Numbers of jobs need a right, and {@code /health} asks for none: so each has its words for
 * everybody, too.
 *
 * @param text for who may know how many jobs there are
 * @param open for everybody: nothing about jobs that can be counted
 */
record Reason(String text, String open) {
    Reason(String text) {
        this(text, text);
    }

    /** @param all whether the caller may know how many jobs there are */
    static List<String> inWords(List<Reason> reasons, boolean all) {
        return reasons.stream()
                .map(reason -> all ? reason.text : reason.open)
                .distinct()
                .toList();
    }
}
