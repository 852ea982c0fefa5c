package io.jobtrail.process.text;

import io.jobtrail.handler.JobContext.Chunk;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;

/**
 * Packs whole sentences into chunks of a token budget. A chunk begins with the last sentences of the one before it, as far as
 * the overlap allows. A sentence that is longer than the budget is split at line ends or spaces. Chunks come without embedding.
 */
public final class Chunker implements Iterator<Chunk> {
    /** Name and version: to be counted up when the same text would be cut differently. */
    public static final String NAME = "sentence-1";

    private final Iterator<Sentence> sentences;
    private final int budget;
    private final int overlap;
    private final Deque<Sentence> pending = new ArrayDeque<>();
    private final Deque<Sentence> current = new ArrayDeque<>();
    private boolean fresh;

    /** @param overlap in tokens, like the budget; less than half of it */
    public Chunker(Iterator<Sentence> sentences, int budget, int overlap) {
        this.sentences = sentences;
        this.budget = budget;
        this.overlap = overlap;
    }

    @Override
    public boolean hasNext() {
        return fresh || !pending.isEmpty() || sentences.hasNext();
    }

    @Override
    public Chunk next() {
        while (!pending.isEmpty() || sentences.hasNext()) {
            if (pending.isEmpty()) {
                pending.addAll(pieces(sentences.next()));
            }
            Sentence sentence = pending.element();
            if (fresh && !fits(sentence)) {
                return finish(sentence);
            }
            current.add(pending.remove());
            fresh = true;
        }
        if (!fresh) {
            throw new NoSuchElementException();
        }
        return finish(null);
    }

    private boolean fits(Sentence sentence) {
        return samePaging(sentence) && tokens(current) + sentence.tokens() <= budget;
    }

    private boolean samePaging(Sentence sentence) {
        return Objects.isNull(current.getLast().pageTo()) == Objects.isNull(sentence.pageFrom());
    }

    /** Makes a chunk of what is there, and keeps what the next one repeats. */
    private Chunk finish(Sentence following) {
        Chunk chunk = chunk();
        boolean repeat = following != null && samePaging(following);
        int room = repeat ? Math.min(overlap, budget - following.tokens()) : 0;
        while (!current.isEmpty() && tokens(current) > room) {
            current.removeFirst();
        }
        fresh = false;
        return chunk;
    }

    private Chunk chunk() {
        StringBuilder text = new StringBuilder();
        current.forEach(sentence -> text.append(sentence.text()));
        String stripped = text.toString().strip();
        return new Chunk(
                stripped,
                Tokens.estimate(stripped),
                current.getFirst().pageFrom(),
                current.getLast().pageTo(),
                null);
    }

    private static int tokens(Deque<Sentence> sentences) {
        return sentences.stream().mapToInt(Sentence::tokens).sum();
    }

    private List<Sentence> pieces(Sentence sentence) {
        List<Sentence> pieces = new ArrayList<>();
        String rest = sentence.text();
        while (Tokens.estimate(rest) > budget) {
            int end = Tokens.fitting(rest, budget);
            int at = Math.max(rest.lastIndexOf('\n', end - 1), rest.lastIndexOf(' ', end - 1));
            int cut = at >= end / 2 ? at + 1 : end;
            pieces.add(new Sentence(rest.substring(0, cut), sentence.pageFrom(), sentence.pageTo()));
            rest = rest.substring(cut);
        }
        if (!rest.isBlank()) {
            pieces.add(new Sentence(rest, sentence.pageFrom(), sentence.pageTo()));
        }
        pieces.removeIf(piece -> piece.text().isBlank());
        return pieces;
    }
}
