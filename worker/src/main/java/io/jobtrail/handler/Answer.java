package io.jobtrail.handler;

import java.time.Instant;
import java.util.Map;

/**
 * What a person answered to a {@link Prompt}.
 *
 * @param value JSON as Java: a map from the names of the questions to texts when the prompt had questions, else whatever was sent
 * @param confidence how sure the person is, from 0 to 1; null when nothing was said about it
 * @param by who answered, as in the trail
 * @param content what the prompt showed
 */
public record Answer(Object value, Double confidence, String by, Instant at, Map<String, Object> content) {

    /** The answer to one question; null when there is none. */
    public String text(String question) {
        return value instanceof Map<?, ?> answers && answers.get(question) instanceof String text ? text : null;
    }
}
