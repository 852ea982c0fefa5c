package io.jobtrail.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobtrail.config.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.StreamSupport;

/** What a person answers, held against the questions of the prompt, so that a job never gets an answer that nobody could mean. */
final class GivenAnswer {
    private static final int MAX_CHARS = 1 << 20;

    private GivenAnswer() {}

    /**
     * The JSON text to store.
     *
     * @param answer text for the first question, or an object with a text for each; anything when there are no questions
     * @param prompt as it was asked
     */
    static String fitting(JsonNode answer, JsonNode prompt) {
        var questions = new LinkedHashMap<String, JsonNode>();
        prompt.path("questions")
                .forEach(question -> questions.put(question.path("name").asText(), question));
        try {
            return Json.forDatabase(questions.isEmpty() ? answer : answers(answer, questions), MAX_CHARS);
        } catch (Json.TooLarge e) {
            throw ApiError.invalid("answer", e.getMessage());
        }
    }

    private static ObjectNode answers(JsonNode answer, Map<String, JsonNode> questions) {
        var first = questions.keySet().iterator().next();
        var given = answer.isTextual() ? Json.MAPPER.createObjectNode().set(first, answer) : answer;
        if (!(given instanceof ObjectNode object)) {
            throw ApiError.invalid(
                    "answer", "must be text, or an object with text for " + String.join(", ", questions.keySet()));
        }
        var body = new JsonBody(object, "answer.").onlyKnown(questions.keySet());
        var answers = Json.MAPPER.createObjectNode();
        questions.forEach((name, question) -> {
            var text = body.text(name);
            var choices = StreamSupport.stream(question.path("choices").spliterator(), false)
                    .map(JsonNode::asText)
                    .toList();
            if (text == null || text.isBlank()) {
                if (question.path("required").asBoolean()) {
                    throw ApiError.invalid(
                            "answer." + name,
                            choices.isEmpty() ? "must be given" : "must be one of " + String.join(", ", choices));
                }
            } else if (!choices.isEmpty() && !choices.contains(text)) {
                throw ApiError.notOneOf(ErrorCode.INVALID_FIELD, "answer." + name, text, choices);
            } else {
                answers.put(name, text);
            }
        });
        return answers;
    }
}
