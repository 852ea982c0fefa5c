package io.jobtrail.bench.speed.report;

/** How fast the disk of Postgres was made to be. */
final class Setting {
    private Setting() {}

    static String label(String setting) {
        return switch (setting) {
            case Figures.DISK -> "the disk as it is";
            case Figures.SLOW_FLUSH -> "with a flush of 2 ms";
            default -> setting;
        };
    }
}
