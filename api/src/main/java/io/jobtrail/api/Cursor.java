package io.jobtrail.api;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.UUID;

/** Where a page ended, in a form that callers hand back as it is. */
final class Cursor {
    private Cursor() {}

    static String of(UUID id) {
        return encode(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array());
    }

    static String of(int position) {
        return encode(ByteBuffer.allocate(4).putInt(position).array());
    }

    static String of(long number) {
        return encode(ByteBuffer.allocate(8).putLong(number).array());
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Null stays null. */
    static UUID id(String cursor) {
        var bytes = decode(cursor, 16);
        return bytes == null ? null : new UUID(bytes.getLong(), bytes.getLong());
    }

    /** Null stays null. */
    static Integer position(String cursor) {
        var bytes = decode(cursor, 4);
        return bytes == null ? null : bytes.getInt();
    }

    /** Null stays null. */
    static Long number(String cursor) {
        var bytes = decode(cursor, 8);
        return bytes == null ? null : bytes.getLong();
    }

    private static ByteBuffer decode(String cursor, int length) {
        if (cursor == null) {
            return null;
        }
        try {
            var bytes = Base64.getUrlDecoder().decode(cursor);
            if (bytes.length == length) {
                return ByteBuffer.wrap(bytes);
            }
        } catch (IllegalArgumentException e) {
            // answered below, like one of the wrong length
        }
        throw ApiError.invalid("cursor", "must be the next_cursor or next of the page before");
    }
}
