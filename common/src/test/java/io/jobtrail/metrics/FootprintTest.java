package io.jobtrail.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class FootprintTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryThatIsWrittenToIsResident() {
        long before = Footprint.residentBytes().orElseThrow();
        var outsideTheHeap = ByteBuffer.allocateDirect(64 << 20); // all of it written, with zeros
        assertThat(Footprint.residentBytes().orElseThrow() - before).isGreaterThan(32L << 20);
        assertThat(outsideTheHeap.get(0)).isZero(); // and kept until now
    }

    @Test
    void theTimeCountsFromTheStartOfTheProcess() {
        var seconds = Pattern.compile("^(\\d+\\.\\d) s after its start(, \\d+ MB resident)?$");
        double least = ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0;
        var line = seconds.matcher(Footprint.atReady());
        double most = ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0;
        assertThat(line.matches()).isTrue();
        assertThat(Double.parseDouble(line.group(1))).isBetween(least - 0.6, most + 0.6);
    }
}
