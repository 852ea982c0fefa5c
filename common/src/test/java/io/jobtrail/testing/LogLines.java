package io.jobtrail.testing;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What a class logs while this is open, and in which context. */
public final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final List<Map<String, String>> contexts = new CopyOnWriteArrayList<>();
    private final Logger logger;

    private LogLines(Class<?> source) {
        logger = (Logger) LoggerFactory.getLogger(source);
        start();
        logger.addAppender(this);
    }

    public static LogLines of(Class<?> source) {
        return new LogLines(source);
    }

    /** Each begins with its level. */
    public List<String> lines() {
        return lines;
    }

    /** Of each line, in their order. */
    public List<Map<String, String>> contexts() {
        return contexts;
    }

    @Override
    protected void append(ILoggingEvent event) {
        contexts.add(Map.copyOf(event.getMDCPropertyMap()));
        lines.add(event.getLevel() + " " + event.getFormattedMessage());
    }

    @Override
    public void close() {
        logger.detachAppender(this);
    }
}
