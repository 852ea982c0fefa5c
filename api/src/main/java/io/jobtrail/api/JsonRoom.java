package io.jobtrail.api;

import io.javalin.config.Key;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * How much JSON may be in memory at once, of all requests together: what finds no room is refused before it is read, and may
 * come again. Small bodies always find room, for as many as there are threads take little. Files have {@link Staging}.
 */
final class JsonRoom {
    /** Largest body that is read whole. */
    static final int MAX_BYTES = 10 << 20;

    static final Key<JsonRoom> KEY = new Key<>("room for JSON");

    private static final int PIECE = 8 << 10;

    /** What stands in a text for bytes that are none. */
    private static final char REPLACEMENT = '\uFFFD';

    private static final String TAKEN = JsonRoom.class.getName();

    private final Semaphore room;

    /** @param bytes at least one of the largest bodies fits in all the same */
    JsonRoom(long bytes) {
        room = new Semaphore((int) Math.min(Math.max(bytes, MAX_BYTES), Integer.MAX_VALUE));
    }

    /** Bytes that no request takes. */
    int free() {
        return room.availablePermits();
    }

    /** Before the body is read; {@link #leave} must follow, whatever happens. */
    void enter(Context ctx) {
        if (ctx.method() != HandlerType.POST || EnqueueEndpoint.isForm(ctx)) {
            return;
        }
        var length = ctx.req().getContentLengthLong();
        if (length > MAX_BYTES) {
            throw tooLarge(MAX_BYTES);
        }
        if (length > SlowBodies.SMALL) {
            take(ctx, (int) length);
        }
    }

    private void take(Context ctx, int bytes) {
        if (!room.tryAcquire(bytes)) {
            throw new ApiError(
                    ErrorCode.NO_ROOM, null, "other requests take the memory for large JSON bodies; come again");
        }
        ctx.attribute(TAKEN, taken(ctx) + bytes);
    }

    private static int taken(Context ctx) {
        Integer taken = ctx.attribute(TAKEN);
        return taken == null ? 0 : taken;
    }

    void leave(Context ctx) {
        room.release(taken(ctx));
        ctx.attribute(TAKEN, null);
    }

    /**
     * The whole body. One that declares no length takes its room while it comes, so that a short one takes none.
     *
     * @param most bytes
     * @throws ApiError also when it is no text in the charset that it names, UTF-8 unless it does
     */
    String read(Context ctx, int most) {
        var charset =
                ctx.characterEncoding() == null ? StandardCharsets.UTF_8 : Charset.forName(ctx.characterEncoding());
        if (ctx.req().getContentLengthLong() > most) {
            throw tooLarge(most);
        }
        try {
            var bytes = bytes(ctx, most);
            var text = new String(bytes, charset);
            if (text.indexOf(REPLACEMENT) >= 0) {
                charset.newDecoder().decode(ByteBuffer.wrap(bytes)); // throws, unless that is what was sent
            }
            return text;
        } catch (CharacterCodingException e) {
            throw JsonText.malformed(JsonText.BODY, "the body is no text in " + charset, Map.of());
        } catch (IOException e) {
            SlowBodies.refuseSilence(e);
            throw new UncheckedIOException(e);
        }
    }

    private byte[] bytes(Context ctx, int most) throws IOException {
        var body = ctx.bodyInputStream();
        if (ctx.req().getContentLengthLong() >= 0) {
            return body.readAllBytes(); // no more than that
        }
        var bytes = new ByteArrayOutputStream();
        var piece = new byte[PIECE];
        for (int length = body.read(piece); length >= 0; length = body.read(piece)) {
            if (bytes.size() + length > most) {
                throw tooLarge(most);
            }
            int room = SlowBodies.SMALL + taken(ctx);
            if (bytes.size() + length > room) {
                take(ctx, Math.min(room, MAX_BYTES - taken(ctx)));
            }
            bytes.write(piece, 0, length);
        }
        return bytes.toByteArray();
    }

    private static ApiError tooLarge(int most) {
        return new ApiError(ErrorCode.BODY_TOO_LARGE, JsonText.BODY, "the body may have at most " + most + " bytes");
    }
}
