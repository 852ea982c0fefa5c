package io.jobtrail.bench.fuzz;

import io.jobtrail.bench.fuzz.Exchange.Manner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** One thread's requests, one after the other, of which each is made of the seed alone. */
final class Sender implements AutoCloseable {
    /** More bytes may be refused before they were read, and the answer lost with the connection. */
    private static final int SURELY_READ = 64 << 10;

    /** Of the operations that take a body, for they have more to get wrong. */
    private static final int WEIGHT_OF_BODIES = 4;

    private final List<Operation> operations;
    private final RequestMaker maker;
    private final Random random;
    private final Wire wire;
    private final StandIns standIns;
    private byte[] made;
    private byte[] before = {};

    Sender(ApiDocument document, StandIns standIns, int port, long seed) {
        operations = document.operations().stream()
                .flatMap(operation ->
                        Collections.nCopies(operation.bodies().isEmpty() ? 1 : WEIGHT_OF_BODIES, operation).stream())
                .toList();
        random = new Random(seed);
        maker = new RequestMaker(document, random);
        wire = new Wire(port);
        this.standIns = standIns;
    }

    /** The next request, sent, and what came of it. */
    Exchange next() {
        var operation = Nasty.one(operations, random);
        int kind = random.nextInt(10);
        var draft = maker.draft(operation, kind > 2);
        boolean damaged = kind > 6;
        made = damaged ? ByteMutation.mutated(draft.bytes(), random) : draft.bytes();
        return send(operation.name(), damaged || !draft.isSound() || made.length > SURELY_READ);
    }

    /** The request that was made last, with stand-ins; if it was not answered, after the one before on the connection. */
    byte[] made() {
        return made;
    }

    /** Again what {@link #made} was, perhaps in another system. */
    Exchange again(String name, byte[] request) {
        made = request;
        return send(name, true);
    }

    private Exchange send(String operation, boolean damaged) {
        var request = standIns.replaced(made);
        var text = new String(request, 0, Math.min(request.length, 8_000), StandardCharsets.ISO_8859_1);
        var manner = text.contains("wait=") || text.contains("/pipeline/events")
                ? Manner.ENDLESS
                : damaged ? Manner.DAMAGED : Manner.SOUND;
        long start = System.nanoTime();
        var replies = switch (manner) {
            case SOUND -> wire.ask(request);
            case DAMAGED -> wire.throwAt(request);
            case ENDLESS -> wire.glance(request);
        };
        if (manner == Manner.SOUND) {
            var alone = made;
            made = replies.isEmpty() ? joined(before, alone) : alone;
            before = alone;
        }
        return new Exchange(operation, request, manner, replies, Duration.ofNanos(System.nanoTime() - start));
    }

    private static byte[] joined(byte[] one, byte[] other) {
        var both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** Sends until the time is over. */
    void run(long deadlineNanos, Consumer<Exchange> each) {
        while (System.nanoTime() < deadlineNanos) {
            each.accept(next());
        }
    }

    @Override
    public void close() {
        wire.close();
    }
}
