package io.jobtrail.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final String DATABASE = "postgres://u:dbsecret@localhost/x";

    @Test
    void onlyTheDatabaseMustBeSet() {
        var settings = with();
        assertThat(settings.databaseUrl()).isEqualTo(DatabaseUrl.parse(DATABASE));
        assertThat(settings.redisUrl()).isNull();
        assertThat(settings.host()).isEqualTo("127.0.0.1");
        assertThat(settings.port()).isEqualTo(8000);
        assertThat(settings.dbPoolMin()).isEqualTo(2);
        assertThat(settings.dbPoolMax()).isEqualTo(10);
        assertThat(settings.adminApiKey()).isNull();
        assertThat(settings.allowAnonymous()).isFalse();
        assertThat(settings.workerQueues()).containsExactly(QueueName.values());
        assertThat(settings.lease()).isEqualTo(Duration.ofSeconds(60));
        assertThat(settings.heartbeat()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.shutdown()).isEqualTo(Duration.ofSeconds(25));
        assertThat(settings.maxAttempts()).isEqualTo(5);
        assertThat(settings.logFormat()).isEqualTo("text");
        assertThat(settings.logLevel()).isEqualTo("INFO");
        assertThat(settings.entries().get("PORT")).isEqualTo(new Settings.Entry("8000", "default"));
        assertThat(settings.entries().keySet()).isEqualTo(Settings.VARIABLES);
    }

    @Test
    void whatIsSetIsTaken() {
        var settings = with(
                "PORT", " 9000 ",
                "REDIS_URL", "rediss://user:redissecret@cache.example.com:6380/1",
                "WORKER_QUEUES", "slow, urgent,slow",
                "LEASE_SECONDS", "8",
                "HEARTBEAT_SECONDS", "4",
                "ALLOW_ANONYMOUS", "true",
                "LOG_FORMAT", "json",
                "LOG_LEVEL", "debug",
                "EMBEDDINGS_URL", "https://api.example.com/v1",
                "MAX_UPLOAD_BYTES", "5000000000");
        assertThat(settings.port()).isEqualTo(9000);
        assertThat(settings.redisUrl()).isEqualTo("rediss://user:redissecret@cache.example.com:6380/1");
        assertThat(settings.workerQueues()).containsExactly(QueueName.SLOW, QueueName.URGENT);
        assertThat(settings.lease()).isEqualTo(Duration.ofSeconds(8));
        assertThat(settings.allowAnonymous()).isTrue();
        assertThat(settings.maxUploadBytes()).isEqualTo(5_000_000_000L);
        assertThat(settings.logLevel()).isEqualTo("DEBUG");
        assertThat(settings.entries().get("PORT")).isEqualTo(new Settings.Entry("9000", "environment"));
    }

    @Test
    void anEmptyVariableCountsAsNotSet() {
        assertThat(with("PORT", "", "REDIS_URL", "  ").port()).isEqualTo(8000);
    }

    @Test
    void theWorldIsServedOnlyWithAnAdminKey() {
        assertThat(with("ADMIN_API_KEY", "k").host()).isEqualTo("0.0.0.0");
        assertThat(with("ADMIN_API_KEY", "k", "HOST", "10.0.0.1").host()).isEqualTo("10.0.0.1");
    }

    @Test
    void allMistakesAreReportedAtOnce() {
        var failure = catchThrowable(() -> Settings.fromEnvironment(Map.of(
                "DATABASE_URL", "mysql://u:dbsecret@h/x",
                "REDIS_URL", "http://:redissecret@h",
                "PORT", "99999",
                "DB_POOL_MAX", "many",
                "ALLOW_ANONYMOUS", "yes",
                "WORKER_QUEUES", "urgent,fast",
                "LEASE_SECONDS", "19",
                "LOG_FORMAT", "xml",
                "LOG_LEVEL", "loud",
                "EMBEDDINGS_URL", "not a url")));
        assertThat(failure).isInstanceOf(Settings.InvalidSettings.class);
        assertThat(failure.getMessage().lines())
                .hasSize(10)
                .anyMatch(line -> line.startsWith("DATABASE_URL must start with postgres://"))
                .anyMatch(line -> line.startsWith("REDIS_URL must be a URL"))
                .contains("PORT must be a whole number from 0 to 65535, not 99999")
                .anyMatch(line -> line.startsWith("DB_POOL_MAX must be a whole number"))
                .contains("ALLOW_ANONYMOUS must be one of true, false, not yes")
                .contains("WORKER_QUEUES must list queues out of urgent,default,slow, not fast")
                .anyMatch(line -> line.startsWith("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS"))
                .contains("LOG_FORMAT must be one of text, json, not xml")
                .contains("LOG_LEVEL must be one of TRACE, DEBUG, INFO, WARN, ERROR, not LOUD")
                .anyMatch(line -> line.startsWith("EMBEDDINGS_URL must be a URL"));
        assertThat(failure.getMessage()).doesNotContain("secret");
    }

    @Test
    void jobsAreKeptForEverUnlessANumberOfDaysIsSet() {
        assertThat(with().retentionDays()).isNull();
        assertThat(with("RETENTION_DAYS", "90").retentionDays()).isEqualTo(90);
        for (var wrong : new String[] {"0", "-1", "1.5", "a week"}) {
            assertThatThrownBy(() -> with("RETENTION_DAYS", wrong))
                    .hasMessage("RETENTION_DAYS must be a whole number from 1 to 36500, not " + wrong);
        }
    }

    @Test
    void aMissingDatabaseIsNamed() {
        assertThatThrownBy(() -> Settings.fromEnvironment(Map.of())).hasMessage("DATABASE_URL is not set");
    }

    @Test
    void theLeaseMustOutliveOneLateHeartbeat() {
        assertThat(with("LEASE_SECONDS", "20").lease()).isEqualTo(Duration.ofSeconds(20));
        assertThatThrownBy(() -> with("LEASE_SECONDS", "19")).hasMessageContaining("twice HEARTBEAT_SECONDS");
        assertThatThrownBy(() -> with("DB_POOL_MIN", "11")).hasMessageContaining("DB_POOL_MIN");
        assertThatThrownBy(() -> with("WORKER_QUEUES", "urgent,,slow")).hasMessageContaining("WORKER_QUEUES");
    }

    @Test
    void secretsAreNotShown() {
        var settings = with(
                "REDIS_URL", "redis://:redissecret@h:1",
                "EMBEDDINGS_URL", "https://me:embeddingssecret@api.example.com/v1",
                "ADMIN_API_KEY", "adminsecret",
                "OPENAI_API_KEY", "openaisecret");
        assertThat(settings.toString() + settings.entries())
                .doesNotContain("secret")
                .contains("PORT");
        assertThat(settings.entries().get("REDIS_URL").value()).isEqualTo("redis://***@h:1");
        assertThat(settings.entries().get("EMBEDDINGS_URL").value()).isEqualTo("https://***@api.example.com/v1");
        assertThat(settings.embeddingsUrl()).isEqualTo("https://me:embeddingssecret@api.example.com/v1");
        assertThat(settings.entries().get("ADMIN_API_KEY").value()).isEqualTo("***");
        assertThat(settings.adminApiKey()).isEqualTo("adminsecret");
    }

    private static Settings with(String... variables) {
        var environment = new HashMap<String, String>();
        environment.put("DATABASE_URL", DATABASE);
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return Settings.fromEnvironment(environment);
    }
}
