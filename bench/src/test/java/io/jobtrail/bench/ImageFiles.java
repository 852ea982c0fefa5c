package io.jobtrail.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the Dockerfile puts where, read from its text. Knows only the instructions our Dockerfile uses (FROM, WORKDIR, COPY)
 * and must not guess about others: no Docker engine is asked.
 */
final class ImageFiles {
    private final Path root;
    private final List<String> contextSources = new ArrayList<>();
    private final Map<String, String> files = new TreeMap<>();

    /** @param root the directory that holds the Dockerfile and is the build context */
    ImageFiles(Path root) throws IOException {
        this.root = root;
        var workdir = "/";
        for (var line : Files.readAllLines(root.resolve("Dockerfile"))) {
            var words = line.strip().split("\\s+");
            switch (words[0]) {
                case "FROM" -> files.clear();
                case "WORKDIR" -> workdir = words[1];
                case "COPY" -> copy(words, workdir);
                default -> {}
            }
        }
    }

    private void copy(String[] words, String workdir) throws IOException {
        if (words[1].startsWith("--from=")) {
            files.put(inImage(workdir, words[3], words[2]), words[2]);
            return;
        }
        var source = words[1];
        contextSources.add(source);
        var file = root.resolve(source);
        if (!Files.isDirectory(file)) {
            files.put(inImage(workdir, words[2], source), source);
            return;
        }
        try (var children = Files.list(file)) {
            children.forEach(child -> {
                var name = child.getFileName().toString();
                files.put(inImage(workdir, words[2] + "/" + name, name), source + "/" + name);
            });
        }
    }

    private static String inImage(String workdir, String target, String source) {
        var name = Path.of(source).getFileName().toString();
        return Path.of(workdir)
                .resolve(target.endsWith("/") ? target + name : target)
                .normalize()
                .toString();
    }

    /** Paths in the last stage, absolute, with the path each was copied from (in the context or in the build stage). */
    Map<String, String> files() {
        return files;
    }

    /** Paths that any stage copies out of the build context, as written in the Dockerfile. */
    List<String> contextSources() {
        return contextSources;
    }
}
