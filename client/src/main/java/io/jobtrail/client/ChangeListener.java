package io.jobtrail.client;

/** Hears of changes of jobs, on the thread that follows them. */
@FunctionalInterface
public interface ChangeListener {
    /** @return whether it wants to hear of more */
    boolean changed(JobChange change);

    /** Was away for longer than the server keeps changes for this: what happened meanwhile is to be looked up. */
    default void missed() {}
}
