package io.jobtrail.process.text;

/**
 * A sentence with the white space that follows it, so that sentences put together give the text again.
 *
 * @param pageFrom null when the text is on no page
 */
public record Sentence(String text, Integer pageFrom, Integer pageTo) {
    int tokens() {
        return Tokens.estimate(text);
    }
}
