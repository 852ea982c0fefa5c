package io.jobtrail.bench.speed;

import java.util.List;

/** Something that all who take part in it are measured at in the same way. */
interface Workload {
    /** What {@code --only} and the figures call it; several when it measures several things at once. */
    List<String> names();

    /** Who can take part; {@code flushMatters}: only those whom a slower flush can make slower. */
    List<String> entrants(boolean flushMatters);

    /** Takes the measured figures. */
    interface Sink {
        void add(String workload, String metric, double value, String unit);
    }

    void measure(String entrant, Windows windows, Sink sink) throws Exception;
}
