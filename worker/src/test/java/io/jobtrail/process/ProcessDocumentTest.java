package io.jobtrail.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.Job;
import io.jobtrail.process.extract.Pdfs;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProcessDocumentTest {
    private static ProcessDocument handler;

    @BeforeAll
    static void start() {
        handler = new ProcessDocument(ProcessSettings.defaults(1));
    }

    @AfterAll
    static void stop() {
        handler.close();
    }

    private static Map<String, Object> process(RecordingContext context) throws Exception {
        return handler.handle(
                new Job(UUID.randomUUID(), "default", "main", "process_document", 1, 5, Map.of()), context);
    }

    @Test
    void aTextFileIsProcessed() throws Exception {
        RecordingContext context =
                RecordingContext.with("The quick brown fox jumps over the lazy dog. It is what it is.\n\nThe end.");
        System.out.println(process(context));
        System.out.println(context.stages() + " " + context.progress() + context.text());
    }

    @Test
    void aPdfIsProcessed() throws Exception {
        List<List<String>> pages = List.of(
                List.of(
                        "Annual report 2024",
                        "",
                        "The first para-",
                        "graph of the kāinga is some-",
                        "what long. A second",
                        "sentence follows. The of",
                        "",
                        "Second paragraph is here and",
                        "",
                        "Page 1 of 3"),
                List.of(
                        "Annual report 2024",
                        "",
                        "goes on over here. Vor-",
                        "und Nachteile",
                        "• item one",
                        "• item two",
                        "end",
                        "",
                        "Page 2 of 3"),
                List.of("Annual report 2024", "", "Third page.", "", "Page 3 of 3"));
        RecordingContext context = RecordingContext.with(Pdfs.withPages(pages));
        System.out.println(process(context));
        System.out.println(context.stages() + " " + context.progress() + context.text());
        context = RecordingContext.with(Pdfs.withColumns(
                List.of("left one a", "left two b", "left three c"), List.of("right one", "right two", "right three")));
        System.out.println(process(context));
        System.out.println(context.text());
        assertThat(context.chunks()).hasSize(1);
    }
}
