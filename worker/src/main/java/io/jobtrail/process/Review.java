package io.jobtrail.process;

import io.jobtrail.handler.Answer;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.Prompt;
import io.jobtrail.handler.Prompt.Question;
import io.jobtrail.job.Job;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a person is asked about the summary of a document, and what the answer makes of the result. Whatever does not approve, rejects. */
final class Review {
    /** Of the prompt. */
    static final String NAME = "review";

    private static final String ACTION = "action";
    private static final String APPROVE = "approve";
    private static final String SUMMARY = "summary";
    private static final String FEEDBACK = "feedback";
    private static final String RESULT = "result";

    private Review() {}

    static boolean isWanted(Job job) {
        return Boolean.TRUE.equals(job.payload().get(NAME));
    }

    /** @param filename for the person */
    static Prompt of(Map<String, Object> result, String filename) {
        return new Prompt(
                NAME,
                "confirm",
                List.of(
                        new Question(ACTION, "Shall the summary stand?", List.of(APPROVE, "reject"), true),
                        new Question(SUMMARY, "Another summary in its place, if it is approved", List.of(), false),
                        new Question(FEEDBACK, "Why it is rejected", List.of(), false)),
                Map.of("filename", filename, SUMMARY, result.get(SUMMARY), RESULT, result));
    }

    /** The result that the person saw. */
    @SuppressWarnings("unchecked") // a JSON object has string keys
    static Map<String, Object> shown(Answer answer) {
        return (Map<String, Object>) answer.content().get(RESULT);
    }

    /**
     * The result with the summary that was approved.
     *
     * @throws PermanentFailure {@code REVIEW_REJECTED}
     */
    static Map<String, Object> approved(Map<String, Object> result, Answer answer) {
        var action = answer.value() instanceof String text ? text : answer.text(ACTION);
        if (!APPROVE.equals(action)) {
            var feedback = answer.text(FEEDBACK);
            throw new PermanentFailure(
                    "REVIEW_REJECTED",
                    answer.by() + " rejected the summary" + (feedback == null ? "" : ": " + feedback));
        }
        var edited = answer.text(SUMMARY);
        boolean isEdited = edited != null && !edited.isBlank();
        var reviewed = new LinkedHashMap<>(result);
        reviewed.put(SUMMARY, isEdited ? edited : answer.content().get(SUMMARY));
        var review = new LinkedHashMap<String, Object>();
        review.put("approved", true);
        review.put("by", answer.by());
        review.put("at", answer.at());
        review.put("confidence", answer.confidence());
        review.put("edited", isEdited);
        reviewed.put(NAME, review);
        return reviewed;
    }
}
