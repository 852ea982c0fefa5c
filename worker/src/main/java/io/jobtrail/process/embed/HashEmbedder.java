package io.jobtrail.process.embed;

import io.jobtrail.process.text.Words;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The built-in lexical embedding {@value #MODEL}: texts that share words, neighbouring words or parts of words get similar
 * vectors. It knows nothing of meaning, needs no model and no network, and can be rebuilt from these rules:
 *
 * <ol>
 *   <li>Cut the text into words as {@link Words} says.
 *   <li>Features: {@code w:} + each word; {@code b:} + each two neighbouring words with a space between; {@code c:} + each run
 *       of three code points of {@code ^word$}. A text without words has the one feature {@code t:} + text.
 *   <li>Weight of a feature that occurs n times: 1 + ln n.
 *   <li>Hash: FNV-1a with 64 bits over the feature's UTF-8 bytes, then the finalizer of SplitMix64 ({@code h ^= h >>> 30; h *=
 *       0xBF58476D1CE4E5B9; h ^= h >>> 27; h *= 0x94D049BB133111EB; h ^= h >>> 31}).
 *   <li>The weight is added, for an odd hash subtracted, at index {@code (h >>> 1) mod 384}, unsigned.
 *   <li>The vector is divided by its Euclidean length.
 * </ol>
 */
public final class HashEmbedder implements Embedder {
    public static final String MODEL = "hash-v1-384";

    private static final int DIMENSIONS = 384;
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    @Override
    public String model() {
        return MODEL;
    }

    @Override
    public List<float[]> embed(List<String> texts) {
        return texts.stream().map(HashEmbedder::embed).toList();
    }

    private static float[] embed(String text) {
        double[] sum = new double[DIMENSIONS];
        features(text).forEach((feature, count) -> {
            long hash = hash(feature);
            double weight = 1 + Math.log(count);
            sum[(int) Long.remainderUnsigned(hash >>> 1, DIMENSIONS)] += (hash & 1) == 0 ? weight : -weight;
        });
        double squares = 0;
        for (double value : sum) {
            squares += value * value;
        }
        float[] vector = new float[DIMENSIONS];
        for (int i = 0; i < DIMENSIONS && squares > 0; i++) {
            vector[i] = (float) (sum[i] / Math.sqrt(squares));
        }
        return vector;
    }

    private static Map<String, Integer> features(String text) {
        Map<String, Integer> counts =
                new LinkedHashMap<>(); // a fixed order, so that sums come out the same to the last bit
        List<String> words = Words.of(text);
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            count(counts, "w:" + word);
            if (i > 0) {
                count(counts, "b:" + words.get(i - 1) + " " + word);
            }
            int[] points = ("^" + word + "$").codePoints().toArray();
            for (int j = 0; j + 3 <= points.length; j++) {
                count(counts, "c:" + new String(points, j, 3));
            }
        }
        if (words.isEmpty()) {
            count(counts, "t:" + text);
        }
        return counts;
    }

    private static void count(Map<String, Integer> counts, String feature) {
        counts.merge(feature, 1, Integer::sum);
    }

    private static long hash(String feature) {
        long h = FNV_OFFSET;
        for (byte b : feature.getBytes(StandardCharsets.UTF_8)) {
            h = (h ^ (b & 0xFF)) * FNV_PRIME;
        }
        h = (h ^ (h >>> 30)) * 0xBF58476D1CE4E5B9L;
        h = (h ^ (h >>> 27)) * 0x94D049BB133111EBL;
        return h ^ (h >>> 31);
    }
}
