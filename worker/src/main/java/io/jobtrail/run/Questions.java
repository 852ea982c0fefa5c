package io.jobtrail.run;

import com.fasterxml.jackson.core.type.TypeReference;
import io.jobtrail.config.Json;
import io.jobtrail.handler.Answer;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.Prompt;
import io.jobtrail.job.Claim;
import io.jobtrail.store.Prompts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Prompts and answers between a handler and the database. Asks nobody: that is how an attempt ends, see {@link Outcome.Asked}. */
final class Questions {
    private static final int MAX_NAME_CHARS = 100;
    private static final int MAX_PROMPT_CHARS = 1 << 20;
    private static final TypeReference<Object> ANY = new TypeReference<>() {};

    private final Prompts prompts;

    Questions(Prompts prompts) {
        this.prompts = prompts;
    }

    Optional<Answer> answer(Claim claim, String name) {
        return prompts.answered(claim.id(), name)
                .map(given -> new Answer(
                        Json.readStored(given.answer(), ANY),
                        given.confidence(),
                        given.by(),
                        given.at(),
                        content(given)));
    }

    @SuppressWarnings("unchecked") // a JSON object has string keys
    private static Map<String, Object> content(Prompts.Answered given) {
        return Json.readStored(given.prompt(), ANY) instanceof Map<?, ?> prompt
                        && prompt.get("content") instanceof Map<?, ?> content
                ? (Map<String, Object>) content
                : Map.of();
    }

    /** @throws PermanentFailure when it cannot be stored as it is */
    static Outcome.Asked toAsk(Prompt prompt) {
        for (var text : new String[] {prompt.name(), prompt.type()}) {
            if (text == null || text.isBlank() || text.length() > MAX_NAME_CHARS || !text.equals(Json.clean(text))) {
                throw invalid("name and type must be 1 to " + MAX_NAME_CHARS + " characters, not " + text);
            }
        }
        var body = new LinkedHashMap<String, Object>();
        body.put("questions", prompt.questions());
        body.put("content", prompt.content());
        try {
            return new Outcome.Asked(prompt.name(), prompt.type(), Json.forDatabase(body, MAX_PROMPT_CHARS));
        } catch (IllegalArgumentException e) {
            throw invalid("the prompt " + e.getMessage());
        }
    }

    private static PermanentFailure invalid(String why) {
        return new PermanentFailure("PROMPT_INVALID", why);
    }
}
