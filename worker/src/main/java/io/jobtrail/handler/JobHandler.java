package io.jobtrail.handler;

import io.jobtrail.job.Job;

/**
 * Does the work of one kind of job. Found by {@link java.util.ServiceLoader} on the class path or in a jar of the handlers
 * directory. One instance serves all jobs of a worker process, from several threads at once.
 *
 * <p>A handler may run more than once for the same job (its worker can die at any moment); what it returns is recorded once.
 */
public interface JobHandler {

    /** The name under which jobs ask for this handler: 1 to 64 letters, digits, {@code _}, {@code .} or {@code -}. */
    String name();

    /**
     * Runs one attempt. Throwing {@link PermanentFailure} fails the job at once; anything else thrown makes it retry until its
     * attempts are used up. The thread is interrupted when the job is cancelled, times out or is lost to another worker.
     *
     * @return the result of the job: anything Jackson can write as JSON, or null
     */
    Object handle(Job job, JobContext context) throws Exception;
}
