package io.jobtrail.process.extract;

import io.jobtrail.process.extract.PageFile.Page;
import java.io.IOException;
import java.util.Set;
import org.xml.sax.Attributes;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * Turns the XHTML events of a parser into plain text and writes it to a page file while it comes. Keeps paragraphs apart with
 * an empty line, table rows with a line break and cells with a tab. Holds one page at most; does not clean anything.
 */
final class PageCollector extends DefaultHandler {
    private static final int PIECE = 64 * 1024;
    private static final int LONGEST_PAGE = 1024 * 1024;
    private static final Set<String> PARAGRAPHS = Set.of(
            "p", "h1", "h2", "h3", "h4", "h5", "h6", "div", "table", "pre", "blockquote", "ul", "ol", "dl", "section");
    private static final Set<String> LINES = Set.of("tr", "li", "dt", "dd", "br");

    private final PageFile.Writer file;
    private final long maxCharacters;
    private final boolean paged;
    private final StringBuilder text = new StringBuilder();

    private Integer page;
    private int pages;
    private long characters;
    private boolean overLimit;
    private boolean readable;
    private IOException writeError;

    private int depth;
    private int cells;
    private int attachmentDepth = -1;
    private int pageDepth = -1;

    /** @param paged whether {@code page} and {@code slide} elements are pages of this kind of document */
    PageCollector(PageFile.Writer file, long maxCharacters, boolean paged) {
        this.file = file;
        this.maxCharacters = maxCharacters;
        this.paged = paged;
    }

    @Override
    public void startElement(String uri, String name, String qName, Attributes attributes) throws SAXException {
        depth++;
        if (name.equals("td") || name.equals("th")) {
            cells++;
        } else if (name.equals("div")) {
            startDiv(String.valueOf(attributes.getValue("class")));
        } else if (PARAGRAPHS.contains(name)) {
            breakWith("\n\n");
        }
    }

    private void startDiv(String kind) throws SAXException {
        breakWith("\n\n");
        if (attachmentDepth >= 0) {
            return; // pages of an attachment are not pages of this document
        }
        if (kind.equals("package-entry") || kind.equals("embedded")) {
            attachmentDepth = depth;
            turnTo(null);
        } else if (paged && (kind.equals("page") || kind.equals("slide") || kind.equals("slide-content"))) {
            turnTo(++pages);
            pageDepth = kind.equals("page") ? depth : -1; // notes follow their slide
        }
    }

    @Override
    public void endElement(String uri, String name, String qName) throws SAXException {
        if (name.equals("td") || name.equals("th")) {
            cells--;
            breakWith("\t");
        } else if (LINES.contains(name)) {
            breakWith("\n");
        } else if (PARAGRAPHS.contains(name)) {
            breakWith("\n\n");
        }
        if (depth == attachmentDepth) {
            attachmentDepth = -1;
            turnTo(null);
        } else if (depth == pageDepth) {
            pageDepth = -1;
            turnTo(null);
        }
        depth--;
    }

    @Override
    public void characters(char[] chars, int start, int length) throws SAXException {
        characters += length;
        if (characters > maxCharacters) {
            overLimit = true;
            throw new SAXException("more than " + maxCharacters + " characters of text");
        }
        for (int i = start; !readable && i < start + length; i++) {
            readable = Character.isLetterOrDigit(chars[i]) || Character.isSurrogate(chars[i]);
        }
        text.append(chars, start, length);
        while (text.length() > (page == null ? 2 * PIECE : LONGEST_PAGE)) {
            flush(cut());
        }
    }

    /** Keeps line ends, which PDFs have only here; indentation and tabs are for the eye of an XHTML reader. */
    @Override
    public void ignorableWhitespace(char[] chars, int start, int length) throws SAXException {
        for (int i = start; i < start + length; i++) {
            if (chars[i] == '\n') {
                breakWith("\n");
            }
        }
    }

    @Override
    public void endDocument() throws SAXException {
        turnTo(null);
    }

    /** Ends a cell, line or paragraph, unless that is done already or would tear a table's row apart. */
    private void breakWith(String separator) {
        String wanted = cells > 0 ? " " : separator;
        if (wanted.equals("\t")) {
            text.append(wanted);
        } else if (!text.isEmpty()) {
            text.append(wanted, Math.min(wanted.length(), commonEnd(wanted.charAt(0))), wanted.length());
        }
    }

    /** How often the text ends with a character. */
    private int commonEnd(char c) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == c) {
            end--;
        }
        return text.length() - end;
    }

    private void turnTo(Integer next) throws SAXException {
        if (page != null || !text.isEmpty()) {
            flush(text.length());
        }
        page = next;
    }

    /** Where to end a piece: after a paragraph, else a line, else a word, else anywhere but inside a surrogate pair. */
    private int cut() {
        for (String separator : new String[] {"\n\n", "\n", " "}) {
            int at = text.lastIndexOf(separator, PIECE);
            if (at > 0) {
                return at + separator.length();
            }
        }
        return Character.isHighSurrogate(text.charAt(PIECE - 1)) ? PIECE - 1 : PIECE;
    }

    private void flush(int length) throws SAXException {
        try {
            file.write(new Page(page, text.substring(0, length)));
        } catch (IOException e) {
            writeError = e;
            throw new SAXException("cannot write the text", e);
        }
        text.delete(0, length);
    }

    /** Number of pages; null when the document has none. */
    Integer pages() {
        return pages == 0 ? null : pages;
    }

    boolean overLimit() {
        return overLimit;
    }

    /** Why the text could not be written; null when it could. Parsers may hide the exception that was thrown. */
    IOException writeError() {
        return writeError;
    }

    /** Whether there was anything to read: a letter or a digit. */
    boolean readable() {
        return readable;
    }
}
