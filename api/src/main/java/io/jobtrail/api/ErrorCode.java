package io.jobtrail.api;

/** The stable names of everything that can go wrong in a request, with the HTTP status that belongs to each. */
enum ErrorCode {
    MALFORMED_REQUEST(400, "The request is not valid HTTP for this server"),
    MALFORMED_JSON(400, "This is not valid JSON"),
    UNKNOWN_FIELD(400, "A field is not known"),
    INVALID_FIELD(400, "A field has a value that is not allowed"),
    UNKNOWN_QUEUE(400, "There is no such queue"),
    UNKNOWN_HANDLER(400, "No worker has ever registered this handler"),
    INVALID_ID(400, "The id is not a UUID"),
    MISSING_FILE(400, "No file was sent"),
    TOO_MANY_FILES(400, "More than one file was sent"),
    EMPTY_FILE(400, "The file is empty"),
    MALFORMED_MULTIPART(400, "The multipart body cannot be read"),
    UNAUTHORIZED(401, "A key is needed"),
    FORBIDDEN_HOST(403, "This server is not served under this name"),
    FORBIDDEN_ORIGIN(403, "Pages of other sites may not call this server"),
    FORBIDDEN(403, "The role of this key does not allow this"),
    FOREIGN_REALM(403, "This key belongs to another realm"),
    INVALID_CSRF_TOKEN(403, "The request may come from a page of another site"),
    NOT_FOUND(404, "There is nothing here"),
    NOTHING_ASKED(404, "Nothing is asked"),
    METHOD_NOT_ALLOWED(405, "This path does not take this method"),
    REQUEST_TIMEOUT(408, "The body comes too slowly"),
    NOT_FINAL(409, "The job has not ended yet"),
    WRONG_STATE(409, "The state of the job does not allow this"),
    LENGTH_REQUIRED(411, "The length of the body must be declared"),
    BODY_TOO_LARGE(413, "The body is larger than allowed"),
    UNSUPPORTED_MEDIA_TYPE(415, "The body has a type that is not understood here"),
    IDEMPOTENCY_KEY_REUSED(422, "The idempotency key belongs to another submission"),
    ALL_REFUSED(422, "No item of the batch was accepted"),
    RATE_LIMITED(429, "Too many requests"),
    INTERNAL_ERROR(500, "The server failed"),
    TOO_MANY_CLIENTS(503, "No more clients are taken at the moment"),
    NO_ROOM(503, "There is no room for this body at the moment"),
    SOURCE_UNAVAILABLE(503, "The source of the document cannot be used at the moment"),
    DATABASE_UNAVAILABLE(503, "The database cannot be used at the moment");

    final int status;
    final String title;

    ErrorCode(int status, String title) {
        this.status = status;
        this.title = title;
    }
}
