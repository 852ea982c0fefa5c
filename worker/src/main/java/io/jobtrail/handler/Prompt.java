package io.jobtrail.handler;

import java.util.List;
import java.util.Map;

/**
 * What a job asks a person.
 *
 * @param name which question of its handler this is; whoever answers may name it, and an answer stands for this name only
 * @param type what kind of answer is wanted, for programs that show it, such as {@code confirm} or {@code clarify}
 * @param questions what to answer; the API takes no answer that does not fit. Empty = any JSON is an answer
 * @param content what the person has to see to answer, in whatever Jackson can write as JSON
 */
public record Prompt(String name, String type, List<Question> questions, Map<String, ?> content) {

    /**
     * One thing to answer, in text.
     *
     * @param name of the member of the answer that holds it
     * @param text the question in words
     * @param choices what may be answered; empty = any text
     * @param required whether there is no answer without it
     */
    public record Question(String name, String text, List<String> choices, boolean required) {}
}
