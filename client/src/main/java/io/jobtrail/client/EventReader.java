package io.jobtrail.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Iterator;

/** Reads server-sent events line by line and remembers how far it came. Opens no connection. */
final class EventReader {
    private final ChangeListener listener;
    private final StringBuilder data = new StringBuilder();
    private String name;
    private String id;
    private String lastId;
    private boolean enough;

    /** @param lastId of an event that was read before; null = none */
    EventReader(String lastId, ChangeListener listener) {
        this.lastId = lastId;
        this.listener = listener;
    }

    /** Until they end or the listener has had enough. An event that is cut off is not one. */
    void read(Iterator<String> lines) {
        forget();
        while (!enough && lines.hasNext()) {
            take(lines.next());
        }
    }

    private void take(String line) {
        if (line.isEmpty()) {
            end();
        } else if (line.startsWith("id:")) {
            id = value(line);
        } else if (line.startsWith("event:")) {
            name = value(line);
        } else if (line.startsWith("data:")) {
            data.append(data.isEmpty() ? "" : "\n").append(value(line));
        }
    }

    private static String value(String line) {
        var value = line.substring(line.indexOf(':') + 1);
        return value.startsWith(" ") ? value.substring(1) : value;
    }

    private void end() {
        if (name.equals("reset")) {
            listener.missed();
        } else if (!data.isEmpty()) {
            tell(data.toString());
        }
        lastId = id;
        forget();
    }

    private void tell(String json) {
        try {
            enough = !listener.changed(Transport.read(json, JobChange.class));
        } catch (JsonProcessingException e) {
            throw new JobtrailException.NoAnswer("an event is not what it should be", e);
        }
    }

    private void forget() {
        data.setLength(0);
        name = "";
        id = lastId;
    }

    boolean hasEnough() {
        return enough;
    }

    String lastId() {
        return lastId;
    }
}
