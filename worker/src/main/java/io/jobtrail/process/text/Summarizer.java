package io.jobtrail.process.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Picks the sentences that say most of what the others say (TextRank) and gives them in the order of the document. Sees every
 * sentence once while it comes by and keeps a bounded number: the first {@value #HEAD} that can stand alone, where authors say
 * what a text is about, and up to {@value #REST} spread evenly over the rest. The same text always gives the same summary.
 */
public final class Summarizer {
    public static final String METHOD = "extractive/textrank";

    private static final int HEAD = 100;
    private static final int REST = 300;
    private static final int FEWEST_WORDS = 5;
    private static final int MOST_WORDS = 80;
    private static final int MOST_SENTENCES = 5;
    private static final int LONGEST_SENTENCE = 600;
    private static final int LONGEST_EXCERPT = 300;
    private static final int ROUNDS = 50;
    private static final double DAMPING = 0.85;
    private static final double SAME = 0.8;

    private final Set<String> functionWords;
    private final List<Candidate> head = new ArrayList<>();
    private final List<Candidate> rest = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();
    private String firstText;
    private long stride = 1;
    private long passed;

    private record Candidate(String text, Set<String> terms) {}

    /** @param language as {@link Language#of} gives it */
    public Summarizer(String language) {
        functionWords = Language.functionWords(language);
    }

    /** Takes note of the document's next sentence. */
    public void accept(Sentence sentence) {
        String text = sentence.text().replaceAll("\\s+", " ").strip();
        if (firstText == null && !text.isEmpty()) {
            firstText = text;
        }
        if (text.length() > LONGEST_SENTENCE || !standsAlone(text)) {
            return;
        }
        boolean atHead = head.size() < HEAD;
        if (!atHead && passed++ % stride != 0) {
            return;
        }
        Set<String> terms = terms(text);
        if (terms.size() < FEWEST_WORDS - 2 || (atHead && !seen.add(text))) {
            return;
        }
        (atHead ? head : rest).add(new Candidate(text, terms));
        if (rest.size() > REST) {
            thinOut();
        }
    }

    /** Three to five sentences, fewer when the document has no more; its beginning when it has no sentences at all. */
    public String summary() {
        List<Candidate> all = new ArrayList<>(head);
        all.addAll(rest);
        if (all.isEmpty()) {
            String text = firstText == null ? "" : firstText;
            return text.length() <= LONGEST_EXCERPT
                    ? text
                    : text.substring(0, text.offsetByCodePoints(0, text.codePointCount(0, LONGEST_EXCERPT - 1))) + "…";
        }
        int wanted = all.size() < 15 ? 3 : all.size() < 60 ? 4 : MOST_SENTENCES;
        double[] ranks = ranks(all);
        List<Integer> best = IntStream.range(0, all.size())
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -ranks[i]).thenComparing(i -> i))
                .toList();
        List<Integer> picked = new ArrayList<>();
        for (int i : best) {
            boolean saidAlready = picked.stream()
                    .anyMatch(j -> overlap(all.get(i), all.get(j))
                            >= SAME * all.get(i).terms().size());
            if (picked.size() < wanted && !saidAlready) {
                picked.add(i);
            }
        }
        return picked.stream().sorted().map(i -> all.get(i).text()).collect(Collectors.joining(" "));
    }

    private static boolean standsAlone(String text) {
        int words = Words.of(text).size();
        boolean ideographic = text.codePoints().anyMatch(Scripts::isIdeographic);
        return words >= FEWEST_WORDS
                && words <= (ideographic ? 3 * MOST_WORDS : MOST_WORDS)
                && text.matches("(?s).*[.!?。！？…][\"'”’»)\\]」』]*");
    }

    private Set<String> terms(String text) {
        List<String> words = Words.of(text);
        Set<String> terms = new HashSet<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!Scripts.isIdeographic(word.codePointAt(0))) {
                if (word.length() > 1 && !functionWords.contains(word)) {
                    terms.add(word);
                }
            } else if (i + 1 < words.size()) {
                terms.add(word + words.get(i + 1)); // single characters mean too little
            }
        }
        return terms;
    }

    /** Keeps every other one, so that what stays is still spread evenly. */
    private void thinOut() {
        List<Candidate> kept = new ArrayList<>();
        for (int i = 0; i < rest.size(); i += 2) {
            kept.add(rest.get(i));
        }
        rest.clear();
        rest.addAll(kept);
        stride *= 2;
    }

    private static double[] ranks(List<Candidate> all) {
        int n = all.size();
        double[][] weights = new double[n][n];
        double[] sums = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                double lengths = Math.log(all.get(i).terms().size())
                        + Math.log(all.get(j).terms().size());
                double weight = lengths <= 0 ? 0 : overlap(all.get(i), all.get(j)) / lengths;
                weights[i][j] = weight;
                weights[j][i] = weight;
                sums[i] += weight;
                sums[j] += weight;
            }
        }
        double[] ranks = new double[n];
        Arrays.fill(ranks, 1.0);
        for (int round = 0; round < ROUNDS; round++) {
            double[] next = new double[n];
            for (int i = 0; i < n; i++) {
                double received = 0;
                for (int j = 0; j < n; j++) {
                    received += sums[j] == 0 ? 0 : weights[j][i] / sums[j] * ranks[j];
                }
                next[i] = 1 - DAMPING + DAMPING * received;
            }
            ranks = next;
        }
        return ranks;
    }

    private static int overlap(Candidate one, Candidate other) {
        return (int) one.terms().stream().filter(other.terms()::contains).count();
    }
}
