package io.jobtrail.bench.speed;

/**
 * One measured number.
 *
 * @param setting "disk" for the disk as it is, "flush-2ms" with a flush of two milliseconds emulated
 * @param run from 1
 */
public record Figure(
        String workload, String contestant, String setting, int run, String metric, double value, String unit) {}
