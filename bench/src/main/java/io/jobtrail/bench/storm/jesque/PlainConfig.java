package io.jobtrail.bench.storm.jesque;

import java.net.URI;
import net.greghaines.jesque.Config;
import net.greghaines.jesque.ConfigBuilder;

/** Where Redis is, told to Jesque as its documentation shows it. */
final class PlainConfig {
    private PlainConfig() {}

    /** @param url such as {@code redis://127.0.0.1:6379} */
    static Config of(String url) {
        var address = URI.create(url);
        var builder = new ConfigBuilder().withHost(address.getHost());
        if (address.getPort() > -1) {
            builder.withPort(address.getPort());
        }
        if (address.getUserInfo() != null) {
            builder.withPassword(address.getUserInfo().split(":", 2)[1]);
        }
        return builder.build();
    }
}
