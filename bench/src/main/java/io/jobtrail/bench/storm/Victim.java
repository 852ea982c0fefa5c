package io.jobtrail.bench.storm;

import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.RedisServer;
import io.jobtrail.testbed.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What a storm can lay its hands on. */
interface Victim {
    /** Who talks to whom; each link has a proxy of its own. */
    enum Link {
        API_POSTGRES,
        API_REDIS,
        WORKERS_POSTGRES,
        WORKERS_REDIS
    }

    Member api();

    List<Member> workers();

    PostgresServer postgres();

    RedisServer redis();

    TcpProxy proxy(Link link);

    /** As the owner of the database, past the proxies. */
    Connection connect() throws SQLException;

    /** All links pass everything on, and all servers run. */
    void heal();
}
