package io.jobtrail.bench.storm.patch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A change to one file of the production sources, for one run of it: production code itself has no switch that could be left on.
 *
 * @param source path in the checkout
 * @param find text that stands there exactly once
 */
record Patch(String source, String find, String replacement) {

    /** @throws IllegalStateException when the text is not there exactly once: the source has moved on, the patch has not */
    private String in(String text) {
        int at = text.indexOf(find);
        if (at < 0 || text.indexOf(find, at + 1) >= 0) {
            throw new IllegalStateException("%s no longer has this exactly once:%n%s".formatted(source, find));
        }
        return text.substring(0, at) + replacement + text.substring(at + find.length());
    }

    /** The whole file with all patches that are meant for it. */
    static String apply(Path checkout, String source, List<Patch> patches) {
        try {
            var text = Files.readString(checkout.resolve(source));
            for (var patch : patches) {
                text = patch.source.equals(source) ? patch.in(text) : text;
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
