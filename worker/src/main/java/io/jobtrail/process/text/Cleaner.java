package io.jobtrail.process.text;

import io.jobtrail.process.extract.PageFile;
import io.jobtrail.process.extract.PageFile.Page;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Turns a page file of extracted text into one of clean text, page by page. Pages that end up empty are left out; the others
 * keep their numbers.
 */
public final class Cleaner {
    private static final int SAMPLE = 20_000;
    private static final int SAMPLE_OF_PAGE = 2_000;

    /**
     * How the clean text came out.
     *
     * @param characters UTF-16 units
     * @param sample the beginning of the first pages, up to 20,000 characters
     */
    public record Cleaned(long characters, String sample) {}

    private Cleaner() {}

    /**
     * @param pages how many pages the document has; null when it has none
     * @param unwrap whether lines were broken to fit the page, as in PDFs
     * @param checkCancelled asked at every page; what it throws ends the cleaning
     */
    public static Cleaned clean(Path from, Path to, Integer pages, boolean unwrap, Runnable checkCancelled)
            throws IOException {
        RepeatedEdges edges = new RepeatedEdges(pages == null ? 0 : pages);
        if (pages != null) {
            try (PageFile.Reader reader = PageFile.read(from)) {
                while (reader.hasNext()) {
                    checkCancelled.run();
                    Page page = reader.next();
                    if (page.number() != null) {
                        edges.learn(page.number(), TextCleaner.characters(page.text()));
                    }
                }
            }
        }
        Cleaned cleaned = write(from, to, edges, unwrap, checkCancelled);
        if (cleaned.characters() > 0) {
            return cleaned;
        }
        // Every page says the same: then that is the text.
        return write(from, to, new RepeatedEdges(0), unwrap, checkCancelled);
    }

    private static Cleaned write(Path from, Path to, RepeatedEdges edges, boolean unwrap, Runnable checkCancelled)
            throws IOException {
        long characters = 0;
        StringBuilder sample = new StringBuilder();
        try (PageFile.Reader reader = PageFile.read(from);
                PageFile.Writer writer = PageFile.write(to)) {
            while (reader.hasNext()) {
                checkCancelled.run();
                Page page = reader.next();
                String text = TextCleaner.characters(page.text());
                if (page.number() != null) {
                    text = edges.drop(page.number(), text);
                }
                text = TextCleaner.lines(text, unwrap);
                if (!text.isEmpty()) {
                    writer.write(new Page(page.number(), text));
                    characters += text.length();
                    if (sample.length() < SAMPLE) {
                        sample.append(text, 0, Math.min(SAMPLE_OF_PAGE, text.length()))
                                .append('\n');
                    }
                }
            }
        }
        return new Cleaned(characters, sample.toString());
    }
}
