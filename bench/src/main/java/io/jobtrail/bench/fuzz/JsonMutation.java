package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jobtrail.config.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes wrong JSON of right JSON: other values, names too many or too few, names twice, too deep, too long, broken off. */
final class JsonMutation {
    /** Stands in the tree for text that no tree can hold, and is replaced once the tree is written. */
    private static final String RAW = "raw-json-";

    private static final String AGAIN = "again-";

    /** Characters; more would become a body that is refused for nothing but its length. */
    private static final int MOST_REPEATED = 500;

    private final RandomGenerator random;
    private final List<String> raw = new ArrayList<>();
    private boolean repeated;

    private JsonMutation(RandomGenerator random) {
        this.random = random;
    }

    static String mutated(JsonNode tree, RandomGenerator random) {
        return new JsonMutation(random).mutated(tree);
    }

    private String mutated(JsonNode tree) {
        var root = Json.MAPPER.createArrayNode().add(tree.deepCopy());
        for (int i = 0, times = 1 + random.nextInt(3); i < times; i++) {
            var containers = new ArrayList<JsonNode>();
            collect(root, containers);
            mutate(containers.get(random.nextInt(containers.size())));
        }
        var written = Json.write(root);
        for (int i = 0; i < raw.size(); i++) {
            written = written.replace("\"" + RAW + i + "\"", raw.get(i));
        }
        var text = written.substring(1, written.length() - 1).replace("\"" + AGAIN, "\"");
        return random.nextInt(6) == 0 ? broken(text) : text;
    }

    private static void collect(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode() && containers.size() < 200) {
            containers.add(node);
            node.forEach(child -> collect(child, containers));
        }
    }

    private void mutate(JsonNode container) {
        if (container instanceof ObjectNode object) {
            mutate(object);
        } else if (container instanceof ArrayNode array && !array.isEmpty()) {
            int at = random.nextInt(array.size());
            if (!repeated && random.nextInt(12) == 0 && array.toString().length() < MOST_REPEATED) {
                repeated = true; // once, for a copy is the same as the first and grows with it
                for (int i = 0; i < 1_001; i++) {
                    array.add(array.get(at));
                }
            } else {
                array.set(at, value(array.get(at)));
            }
        }
    }

    private void mutate(ObjectNode object) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        var name = names.isEmpty() ? "handler" : Nasty.one(names, random);
        switch (random.nextInt(6)) {
            case 0 -> object.remove(name);
            case 1 -> object.set(Nasty.text(random), value(object.get(name)));
            case 2 -> object.set(AGAIN + name, object.has(name) ? object.get(name) : TextNode.valueOf("a"));
            default -> object.set(name, value(object.get(name)));
        }
    }

    private JsonNode value(JsonNode before) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> TextNode.valueOf(Nasty.text(random));
            case 3 -> raw(Nasty.number(random));
            case 4 ->
                raw(Nasty.one(List.of("null", "true", "{}", "[]", "[null]", "\"\\ud800\"", "\"\\u0000\""), random));
            case 5 -> raw(deep(Nasty.one(List.of(5, 99, 101, 1_000), random)));
            case 6 -> Json.MAPPER.createArrayNode().add(before);
            default -> Json.MAPPER.createObjectNode().set("a", before);
        };
    }

    private JsonNode raw(String text) {
        raw.add(text);
        return TextNode.valueOf(RAW + (raw.size() - 1));
    }

    private String deep(int levels) {
        return random.nextBoolean()
                ? "[".repeat(levels) + "]".repeat(levels)
                : "{\"a\":".repeat(levels) + "1" + "}".repeat(levels);
    }

    private String broken(String text) {
        int at = text.isEmpty() ? 0 : random.nextInt(text.length());
        return switch (random.nextInt(6)) {
            case 0 -> text.substring(0, at);
            case 1 -> text + Nasty.token(random);
            case 2 -> "\uFEFF" + text;
            case 3 -> text.replace('"', '\'');
            case 4 -> "";
            default -> text.substring(0, at) + Nasty.token(random) + text.substring(at);
        };
    }
}
