package io.jobtrail.job;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The three queues, from the most to the least urgent. */
public enum QueueName {
    URGENT,
    DEFAULT,
    SLOW;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<QueueName> of(String wireName) {
        return Arrays.stream(values())
                .filter(q -> q.wireName().equals(wireName))
                .findFirst();
    }

    public static List<String> wireNames() {
        return Arrays.stream(values()).map(QueueName::wireName).toList();
    }
}
