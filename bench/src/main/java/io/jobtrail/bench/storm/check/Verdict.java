package io.jobtrail.bench.storm.check;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a run came to, in the words that Jepsen uses for queues.
 *
 * @param attempted submissions
 * @param acked those that the server said it has
 * @param refused those of which the server said that it has taken nothing
 * @param unknown those that nobody answered for
 * @param ok acknowledged, and final in the end
 * @param lost acknowledged, and not: must be 0
 * @param unexpected jobs that nobody submitted: must be 0
 * @param recovered unknown submissions that turned out to be accepted
 * @param duplicated jobs whose handler ran more than once, which is allowed
 * @param doubleFinished times that a finished job was finished again: must be 0
 * @param zombieWritesRefused results of attempts that had lost their claim, none of which is stored; a storm without any has
 *     not tried the fence
 * @param recoveries for each job that was taken from a process after something was done to that: how long it took; sorted
 */
public record Verdict(
        long attempted,
        long acked,
        long refused,
        long unknown,
        long ok,
        long lost,
        long unexpected,
        long recovered,
        long duplicated,
        long doubleFinished,
        long finished,
        long failed,
        long cancelled,
        long zombieWritesRefused,
        List<Duration> recoveries,
        List<Violation> violations) {

    /** No rule is broken. */
    public boolean isSound() {
        return violations.isEmpty();
    }

    /**
     * Time of recovery; empty when nothing had to recover.
     *
     * @param share of the recoveries that took no longer: 0.5 for the median, 1 for the longest
     */
    public Optional<Duration> recovery(double share) {
        return recoveries.isEmpty()
                ? Optional.empty()
                : Optional.of(recoveries.get((int) Math.ceil(share * recoveries.size()) - 1));
    }
}
