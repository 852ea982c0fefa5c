package io.jobtrail.bench.fuzz;

import io.jobtrail.bench.fuzz.Exchange.Manner;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** One thread's requests, one after the other, of which each is made of the seed alone. */
final class Sender implements AutoCloseable {
    /** More bytes may be refused before they were read, and the answer lost with the connection. */
    private static final int SURELY_READ = 64 << 10;

    /** Of the requests on one connection: what went wrong with one of them may show several answers later. */
    private static final int MOST_REMEMBERED = 8;

    /** Of the operations that take a body, for they have more to get wrong. */
    private static final int WEIGHT_OF_BODIES = 4;

    private final List<Operation> operations;
    private final RequestMaker maker;
    private final Random random;
    private final Wire wire;
    private final StandIns standIns;
    private final Deque<byte[]> onConnection = new ArrayDeque<>();
    private byte[] made;

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

    /** The request that was made last, with stand-ins; if its answer was none, after those before it on the connection. */
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
        if (!wire.isOpen()) {
            onConnection.clear();
        }
        long start = System.nanoTime();
        var replies = switch (manner) {
            case SOUND -> wire.ask(request);
            case DAMAGED -> wire.throwAt(request);
            case ENDLESS -> wire.glance(request);
        };
        if (manner == Manner.SOUND) {
            remember(made);
            if (replies.isEmpty() || replies.get(0).status() == 0) {
                made = joined(onConnection);
            }
        }
        return new Exchange(operation, request, manner, replies, Duration.ofNanos(System.nanoTime() - start));
    }

    private void remember(byte[] request) {
        onConnection.add(request);
        if (onConnection.size() > MOST_REMEMBERED) {
            onConnection.remove();
        }
    }

    private static byte[] joined(Collection<byte[]> requests) {
        var all = new ByteArrayOutputStream();
        requests.forEach(all::writeBytes);
        return all.toByteArray();
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
