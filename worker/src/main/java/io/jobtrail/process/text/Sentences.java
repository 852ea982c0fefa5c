package io.jobtrail.process.text;

import io.jobtrail.process.extract.PageFile.Page;
import java.text.BreakIterator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Reads clean pages as sentences. A sentence that runs over the end of a page comes out whole, with both page numbers. Holds
 * one page at most.
 */
public final class Sentences implements Iterator<Sentence> {
    private static final Pattern ABBREVIATION = Pattern.compile(
            ".*(?:^|[\\s(])(?:\\p{Lu}|Dr|Mr|Mrs|Ms|Prof|St|No|Nr|vs|Fig|Abb|cf|vgl|e\\.g|i\\.e|z\\.B|d\\.h|bzw|approx|ca)\\.\\s*",
            Pattern.DOTALL);
    private static final String TERMINAL = ".!?:;…。！？";
    private static final int LONGEST_CARRY = 4000;

    private final Iterator<Page> pages;
    private final BreakIterator breaks;
    private final Deque<Sentence> ready = new ArrayDeque<>();
    /** The last sentence of the page before, which may go on. */
    private Sentence carry;

    /** @param language as {@link Language#of} gives it */
    public Sentences(Iterator<Page> pages, String language) {
        this.pages = pages;
        this.breaks = BreakIterator.getSentenceInstance(Language.locale(language));
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && pages.hasNext()) {
            read(pages.next());
        }
        if (ready.isEmpty() && carry != null) {
            ready.add(carry);
            carry = null;
        }
        return !ready.isEmpty();
    }

    @Override
    public Sentence next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void read(Page page) {
        String text = page.text();
        Integer from = page.number();
        if (carry != null) {
            if (goesOn(carry, page)) {
                text = join(carry.text(), text, page.number() != null);
                from = carry.pageFrom();
            } else {
                ready.add(carry);
            }
            carry = null;
        }
        for (String paragraph : text.split("\n\n")) {
            for (String sentence : split(paragraph)) {
                ready.add(new Sentence(sentence, from, page.number()));
                from = page.number();
            }
        }
        if (!ready.isEmpty() && ready.getLast().text().length() <= LONGEST_CARRY) {
            carry = ready.removeLast();
        }
    }

    private static boolean goesOn(Sentence sentence, Page page) {
        String before = sentence.text().strip();
        boolean samePaging = Objects.isNull(sentence.pageTo()) == Objects.isNull(page.number());
        if (!samePaging || before.isEmpty() || page.text().isEmpty()) {
            return false;
        }
        int first = page.text().codePointAt(0);
        return TERMINAL.indexOf(before.charAt(before.length() - 1)) < 0
                && (page.number() == null || Character.isLowerCase(first) || Scripts.isIdeographic(first));
    }

    private static String join(String before, String after, boolean acrossPages) {
        String start = before.strip();
        if (!acrossPages) {
            return start + "\n" + after;
        }
        return TextCleaner.lines(start + "\n" + after, false).startsWith(start)
                ? start + TextCleaner.gap(start, after) + after
                : start.substring(0, start.length() - 1) + after; // a word was hyphenated across the pages
    }

    private List<String> split(String paragraph) {
        List<String> sentences = new ArrayList<>();
        breaks.setText(paragraph);
        int start = breaks.first();
        for (int end = breaks.next(); end != BreakIterator.DONE; end = breaks.next()) {
            String sentence = paragraph.substring(start, end);
            boolean last = end == paragraph.length();
            if (!last && ABBREVIATION.matcher(tail(sentence)).matches()) {
                continue;
            }
            if (!sentence.isBlank()) {
                sentences.add(last ? sentence + "\n\n" : sentence);
            }
            start = end;
        }
        return sentences;
    }

    private static String tail(String sentence) {
        return sentence.substring(Math.max(0, sentence.length() - 12));
    }
}
