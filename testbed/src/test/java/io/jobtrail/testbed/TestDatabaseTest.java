package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TestDatabaseTest {
    private static final AtomicInteger MIGRATIONS = new AtomicInteger();
    private static final Consumer<String> MIGRATE = url -> {
        MIGRATIONS.incrementAndGet();
        Sql.run(url, "CREATE TABLE t (n integer)");
    };

    @Test
    void everyTestGetsAMigratedDatabaseOfItsOwn() {
        try (TestDatabase one = TestDatabase.fresh(MIGRATE);
                TestDatabase other = TestDatabase.fresh(MIGRATE)) {
            Sql.run(one.url(), "INSERT INTO t VALUES (1)");

            assertThat(Sql.value(one.url(), "SELECT count(*) FROM t")).isEqualTo("1");
            assertThat(Sql.value(other.url(), "SELECT count(*) FROM t")).isEqualTo("0");
            assertThat(MIGRATIONS).hasValue(1);
        }
    }

    @Test
    void aClosedDatabaseIsGone() {
        TestDatabase database = TestDatabase.fresh(MIGRATE);
        database.close();

        assertThatThrownBy(() -> Sql.value(database.url(), "SELECT 1")).hasMessageContaining("does not exist");
    }
}
