package io.jobtrail.bench.speed.tally;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of pairs of numbers in a file that several processes map into their memory: what one of them adds, the others see at
 * once, and adding costs as much as writing to memory. Any number of threads may add. Must hold nothing that matters after a crash.
 */
public final class Tally {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private static final int HEADER_BYTES = 64;
    private static final int ENTRY_BYTES = 16;
    private static final int CAPACITY = 4_000_000;

    private final ByteBuffer memory;

    /** @param file made when it is missing; takes room only for what is added */
    public Tally(Path file) {
        try (var channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, HEADER_BYTES + (long) CAPACITY * ENTRY_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A pair; of times, both are those of {@link #now()}. */
    public record Entry(long first, long second) {}

    /** Microseconds since 1970, the same in all processes of this machine. */
    public static long now() {
        var now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /** @param second not zero */
    public void add(long first, long second) {
        long index = (long) LONG.getAndAdd(memory, 0, 1L);
        if (index >= CAPACITY) {
            throw new IllegalStateException("the tally is full");
        }
        LONG.set(memory, place(index), first);
        LONG.setRelease(memory, place(index) + Long.BYTES, second); // tells that the entry is there
    }

    /** The last of them may still be on the way. */
    public long count() {
        return (long) LONG.getVolatile(memory, 0);
    }

    /** The entry of this index, from 0; null when it is not there yet. */
    public Entry get(long index) {
        long second = (long) LONG.getAcquire(memory, place(index) + Long.BYTES);
        return second == 0 ? null : new Entry((long) LONG.get(memory, place(index)), second);
    }

    public List<Entry> entries() {
        var entries = new ArrayList<Entry>();
        for (long i = 0, count = count(); i < count; i++) {
            var entry = get(i);
            if (entry != null) {
                entries.add(entry);
            }
        }
        return entries;
    }

    private static int place(long index) {
        return HEADER_BYTES + (int) index * ENTRY_BYTES;
    }
}
