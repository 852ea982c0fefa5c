package io.jobtrail.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.handler.Answer;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.Prompt;
import io.jobtrail.job.Job;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A document whose summary a person has to approve. */
class ReviewTest {
    private static final String TEXT =
            "The quick brown fox jumps over the lazy dog. It is what it is, and that is that.";
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");

    @TempDir
    static Path temp;

    private static ProcessDocument handler;

    @BeforeAll
    static void start() {
        handler = new ProcessDocument(
                new ProcessSettings(null, null, null, 64, Duration.ofMinutes(1), 50_000_000, 400, 50, temp, 1));
    }

    @AfterAll
    static void stop() {
        handler.close();
    }

    private static Map<String, Object> process(RecordingContext context, Map<String, Object> payload) throws Exception {
        return handler.handle(
                new Job(UUID.randomUUID(), "default", "main", "process_document", 1, 5, payload), context);
    }

    /** The prompt that the first run ends with. */
    private static Prompt asked() {
        var context = RecordingContext.with(TEXT);
        assertThatThrownBy(() -> process(context, Map.of("review", true))).isInstanceOf(RecordingContext.Parked.class);
        assertThat(context.chunks()).hasSize(1);
        return context.asked();
    }

    private static Answer answer(Object value) {
        return new Answer(value, 0.9, "admin", AT, new HashMap<>(asked().content()));
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void withoutReviewNobodyIsAsked(boolean given) throws Exception {
        var context = RecordingContext.with(TEXT);
        var result = process(context, given ? Map.of("review", false) : Map.of());
        assertThat(context.asked()).isNull();
        assertThat(result).doesNotContainKey("review");
    }

    @Test
    @SuppressWarnings("unchecked")
    void thePersonSeesTheSummaryAndWhatElseWillBeTheResult() {
        var prompt = asked();
        assertThat(prompt.name()).isEqualTo("review");
        assertThat(prompt.questions())
                .extracting(Prompt.Question::name, Prompt.Question::choices, Prompt.Question::required)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("action", List.of("approve", "reject"), true),
                        org.assertj.core.groups.Tuple.tuple("summary", List.of(), false),
                        org.assertj.core.groups.Tuple.tuple("feedback", List.of(), false));
        assertThat(prompt.content().get("summary")).isEqualTo("The quick brown fox jumps over the lazy dog.");
        assertThat(prompt.content().get("filename")).isEqualTo("misleading.exe");
        assertThat((Map<String, Object>) prompt.content().get("result"))
                .containsEntry("chunks", 1)
                .containsEntry("language", "en");
    }

    @Test
    void anApprovedResultSaysByWhomAndNothingIsDoneTwice() throws Exception {
        for (var value : List.of(Map.of("action", "approve"), Map.of("action", "approve", "summary", " "), "approve")) {
            var context = RecordingContext.with(TEXT).withAnswer(answer(value)).keepingChunks();
            var result = process(context, Map.of("review", true));
            assertThat(context.stages()).isEmpty();
            assertThat(context.chunks()).isEmpty();
            assertThat(result)
                    .containsEntry("summary", "The quick brown fox jumps over the lazy dog.")
                    .containsEntry("chunks", 1)
                    .containsEntry("sha256", context.document().sha256());
            var review = new HashMap<String, Object>();
            review.put("approved", true);
            review.put("by", "admin");
            review.put("at", AT);
            review.put("confidence", 0.9);
            review.put("edited", false);
            assertThat(result.get("review")).isEqualTo(review);
        }
    }

    @Test
    @SuppressWarnings("unchecked")
    void anEditedSummaryReplacesTheOther() throws Exception {
        var value = Map.of("action", "approve", "summary", "A fox jumps.");
        var context = RecordingContext.with(TEXT).withAnswer(answer(value)).keepingChunks();
        var result = process(context, Map.of("review", true));
        assertThat(result).containsEntry("summary", "A fox jumps.");
        assertThat((Map<String, Object>) result.get("review")).containsEntry("edited", true);
    }

    @Test
    void whereTheChunksAreGoneTheWorkIsDoneAnewAndTheApprovedSummaryStands() throws Exception {
        var given = answer(Map.of("action", "approve"));
        given.content().put("summary", "As it was approved.");
        var context = RecordingContext.with(TEXT).withAnswer(given);
        var result = process(context, Map.of("review", true));
        assertThat(context.stages()).contains("embedding");
        assertThat(context.chunks()).hasSize(1);
        assertThat(result).containsEntry("summary", "As it was approved.").containsEntry("chunks", 1);
    }

    @Test
    void whateverDoesNotApproveRejects() {
        for (var value : List.of(
                Map.of("action", "reject", "feedback", "too short"),
                "reject",
                "approved?",
                true,
                List.of(),
                Map.of())) {
            var context = RecordingContext.with(TEXT).withAnswer(answer(value)).keepingChunks();
            assertThatThrownBy(() -> process(context, Map.of("review", true)))
                    .isInstanceOfSatisfying(
                            PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("REVIEW_REJECTED"))
                    .hasMessageContaining(
                            value instanceof Map<?, ?> map && !map.isEmpty()
                                    ? "admin rejected the summary: too short"
                                    : "admin rejected the summary");
            assertThat(context.stages()).isEmpty();
        }
    }
}
