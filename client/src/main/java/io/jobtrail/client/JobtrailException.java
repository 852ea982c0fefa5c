package io.jobtrail.client;

import java.time.Duration;

/** Something that was asked of Jobtrail did not happen. The subclasses say what a caller can do about it. */
public class JobtrailException extends RuntimeException {
    JobtrailException(String message, Throwable cause) {
        super(message, cause);
    }

    /** No answer came: what was asked may have happened all the same. */
    public static final class NoAnswer extends JobtrailException {
        NoAnswer(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The time was over before the job was. It goes on. */
    public static final class NotYet extends JobtrailException {
        private final transient Job job;

        NotYet(Job job, Duration limit) {
            super("job %s is %s after %s".formatted(job.id(), job.status(), limit), null);
            this.job = job;
        }

        /** As it stood last. */
        public Job job() {
            return job;
        }
    }

    /** The server refused. */
    public static class Refused extends JobtrailException {
        private final transient Problem problem;

        Refused(Problem problem) {
            super(problem.toString(), null);
            this.problem = problem;
        }

        public Problem problem() {
            return problem;
        }
    }

    /** The request itself is wrong, and will be refused again: a field, a type, a size, a key used for something else. */
    public static final class Invalid extends Refused {
        Invalid(Problem problem) {
            super(problem);
        }
    }

    /** The API key is missing, wrong, or not allowed to do this. */
    public static final class Forbidden extends Refused {
        Forbidden(Problem problem) {
            super(problem);
        }
    }

    /** There is no such job in this realm. */
    public static final class NotFound extends Refused {
        NotFound(Problem problem) {
            super(problem);
        }
    }

    /** The state of the job does not allow it; the problem names the state. */
    public static final class Conflict extends Refused {
        Conflict(Problem problem) {
            super(problem);
        }
    }

    /** The server, or its database, cannot do it now: too many requests, an outage, a fault. Another time it may. */
    public static final class Unavailable extends Refused {
        Unavailable(Problem problem) {
            super(problem);
        }
    }

    static Refused of(Problem problem) {
        int status = problem.status();
        if (status >= 500 || status == 429 || status == 408) {
            return new Unavailable(problem);
        }
        return switch (status) {
            case 401, 403 -> new Forbidden(problem);
            case 404 -> new NotFound(problem);
            case 409 -> new Conflict(problem);
            default -> new Invalid(problem);
        };
    }
}
