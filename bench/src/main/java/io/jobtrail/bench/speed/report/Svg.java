package io.jobtrail.bench.speed.report;

import java.util.Locale;

/**
 * A picture in SVG, written line by line: the same calls give the same bytes. Has its own paper and follows the reader's light or
 * dark scheme; text keeps lines at a distance. Knows shapes and text, no data.
 */
final class Svg {
    private static final String STYLE = """
            <style>
            text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328;
                paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
            .title { font-size: 16px; font-weight: 600 }
            .strong { font-weight: 600 }
            .faint { font-size: 12px; fill: #59636e }
            .paper { fill: #ffffff }
            .grid { stroke: #d1d9e0 }
            .range { stroke: #1f2328; stroke-width: 1.5 }
            .ours { fill: #0969da; stroke: #0969da }
            .theirs { fill: #818b98; stroke: #818b98 }
            .hollow { fill: #ffffff; stroke-width: 2 }
            @media (prefers-color-scheme: dark) {
            text { fill: #f0f6fc; stroke: #0d1117 }
            .faint { fill: #9198a1 }
            .paper { fill: #0d1117 }
            .grid { stroke: #3d444d }
            .range { stroke: #f0f6fc }
            .ours { fill: #4493f8; stroke: #4493f8 }
            .theirs { fill: #7d8590; stroke: #7d8590 }
            .hollow { fill: #0d1117 }
            }
            </style>
            """;

    private final StringBuilder body = new StringBuilder();
    private final String title;
    private final String description;
    private final int width;

    /** @param description says in words what the picture shows, for whoever cannot see it */
    Svg(int width, String title, String description) {
        this.width = width;
        this.title = title;
        this.description = description;
    }

    /** @param anchor start, middle or end: which part of the text is at x */
    void text(double x, double y, String anchor, String style, String text) {
        add("<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" class=\"%s\">%s</text>", x, y, anchor, style, escape(text));
    }

    void line(double x1, double y1, double x2, double y2, String style) {
        add("<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" class=\"%s\"/>", x1, y1, x2, y2, style);
    }

    void rectangle(double x, double y, double width, double height, String style) {
        add("<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"%s\"/>", x, y, width, height, style);
    }

    void circle(double x, double y, double radius, String style) {
        add("<circle cx=\"%s\" cy=\"%s\" r=\"%s\" class=\"%s\"/>", x, y, radius, style);
    }

    private void add(String element, Object... values) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] instanceof Double value) {
                values[i] = String.format(Locale.ROOT, "%.1f", value);
            }
        }
        body.append(element.formatted(values)).append('\n');
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** The finished picture. */
    String toString(int height) {
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" height="%2$d" role="img" \
                aria-labelledby="title description">
                <title id="title">%3$s</title>
                <desc id="description">%4$s</desc>
                %5$s<rect width="%1$d" height="%2$d" rx="6" class="paper"/>
                %6$s</svg>
                """.formatted(width, height, escape(title), escape(description), STYLE, body);
    }
}
