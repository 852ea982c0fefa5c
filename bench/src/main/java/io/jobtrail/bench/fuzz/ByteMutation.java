package io.jobtrail.bench.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Damages a request as a bad line, a bad proxy or bad will does: without any idea of what the bytes mean. */
final class ByteMutation {
    private static final int MOST_REPEATED = 2_000;

    private ByteMutation() {}

    static byte[] mutated(byte[] request, RandomGenerator random) {
        var bytes = request;
        for (int i = 0, times = 1 + random.nextInt(4); i < times && bytes.length > 0; i++) {
            bytes = once(bytes, random);
        }
        return bytes;
    }

    private static byte[] once(byte[] bytes, RandomGenerator random) {
        // Half of them in the head, which is short and matters most.
        int within = random.nextBoolean() ? Math.min(bytes.length, 200) : bytes.length;
        int at = random.nextInt(within);
        int length = 1 + random.nextInt(Math.min(bytes.length - at, 1 + random.nextInt(MOST_REPEATED)));
        return switch (random.nextInt(7)) {
            case 0 -> {
                var flipped = bytes.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                yield flipped;
            }
            case 1 -> {
                var changed = bytes.clone();
                changed[at] = (byte) random.nextInt(256);
                yield changed;
            }
            case 2 -> replaced(bytes, at, length, new byte[0]);
            case 3 -> replaced(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + length));
            case 4 -> Arrays.copyOf(bytes, at);
            default -> replaced(bytes, at, 0, Nasty.token(random).getBytes(StandardCharsets.ISO_8859_1));
        };
    }

    private static byte[] replaced(byte[] bytes, int from, int length, byte[] by) {
        var result = new byte[bytes.length - length + by.length];
        System.arraycopy(bytes, 0, result, 0, from);
        System.arraycopy(by, 0, result, from, by.length);
        System.arraycopy(bytes, from + length, result, from + by.length, bytes.length - from - length);
        return result;
    }
}
