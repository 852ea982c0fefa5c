package io.jobtrail.bench.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.jobtrail.client.Submission;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a web process and a worker show to Prometheus after some work keeps to its rules, and whatever dashboard, alerts and
 * documentation speak of is among it.
 */
class MetricsSystemTest {
    private static final Path DOCS = Path.of("../docs");
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Pattern NAME_IN_TABLE = Pattern.compile("(?m)^\\| `([a-z_]+)`");

    /** What Prometheus itself knows of a process that it scrapes. */
    private static final Set<String> OF_PROMETHEUS = Set.of("instance", "job");

    private static JobtrailDatabase database;
    private static Exposition api;
    private static Exposition worker;

    @BeforeAll
    static void someWork(@TempDir Path directory) throws IOException {
        database = JobtrailDatabase.fresh();
        var settings = Map.of(
                "DATABASE_URL",
                database.environmentUrl(),
                "REDIS_URL",
                TestServers.redis().url(),
                "WORKER_QUEUES",
                "urgent,default");
        try (var system = new ObservedSystem(directory, settings)) {
            system.start();
            var client = system.client();
            var good = client.enqueue(Path.of("../samples/memo.pdf"), Submission.usual())
                    .jobId();
            var empty = client.enqueue("blank.txt", " \n ".getBytes(StandardCharsets.UTF_8), Submission.usual())
                    .jobId();
            client.enqueue(
                    "waits.txt",
                    "A text.".getBytes(StandardCharsets.UTF_8),
                    Submission.usual().queue("slow"));
            assertThat(client.await(good, LIMIT).status()).isEqualTo("finished");
            assertThat(client.await(empty, LIMIT).status()).isEqualTo("failed");
            system.get("/no/such/path");
            system.get("/pipeline/jobs/recent?limit=nonsense");
            // A process that was asked while it was too busy to count the jobs leaves them out.
            api = new Exposition(await().atMost(LIMIT)
                    .until(
                            system::metricsOfApi,
                            lines -> lines.stream().anyMatch(line -> line.startsWith("jobtrail_jobs{"))));
            worker = new Exposition(system.metricsOfWorker());
        }
    }

    @AfterAll
    static void end() {
        database.close();
    }

    @Test
    void theMetricsKeepToTheRulesOfPrometheus() {
        assertThat(api.faults()).isEmpty();
        assertThat(worker.faults()).isEmpty();
    }

    @Test
    void theDashboardAsksForWhatThereIs() throws IOException {
        var dashboard = new ObjectMapper()
                .readTree(DOCS.resolve("grafana/jobtrail.json").toFile());
        var expressions = new LinkedHashMap<String, String>();
        var ids = new ArrayList<Integer>();
        for (var panel : dashboard.path("panels")) {
            ids.add(panel.path("id").asInt());
            for (var target : panel.path("targets")) {
                expressions.put(
                        panel.path("title").asText() + " "
                                + target.path("refId").asText(),
                        target.path("expr").asText());
            }
        }
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(expressions).hasSizeGreaterThan(20);
        assertThat(faultsOf(expressions)).isEmpty();
    }

    @Test
    void theAlertsAskForWhatThereIs() throws IOException {
        var expressions = new LinkedHashMap<String, String>();
        for (var group :
                new YAMLMapper().readTree(DOCS.resolve("alerts.yml").toFile()).path("groups")) {
            assertThat(group.path("name").asText()).isNotBlank();
            for (var rule : group.path("rules")) {
                assertThat(keys(rule)).isSubsetOf("alert", "expr", "for", "labels", "annotations");
                var name = rule.path("alert").asText();
                assertThat(name).matches("Jobtrail[A-Za-z]+");
                assertThat(expressions.put(name, rule.path("expr").asText()))
                        .as(name)
                        .isNull();
                assertThat(rule.path("for").asText("0m")).as(name).matches("\\d+[smh]");
                assertThat(rule.at("/labels/severity").asText()).as(name).isIn("warning", "critical");
                assertThat(rule.at("/annotations/summary").asText()).as(name).isNotBlank();
                assertThat(rule.at("/annotations/description").asText())
                        .as(name)
                        .isNotBlank();
            }
        }
        assertThat(expressions).hasSizeGreaterThanOrEqualTo(8);
        assertThat(faultsOf(expressions)).isEmpty();
    }

    @Test
    void theTableOfMetricsIsComplete() throws IOException {
        var page = Files.readString(DOCS.resolve("observability.md"));
        var written = new TreeSet<String>();
        NAME_IN_TABLE.matcher(page).results().forEach(name -> written.add(name.group(1)));
        var ours = new TreeSet<String>();
        for (var exposition : List.of(api, worker)) {
            exposition.families().stream()
                    .filter(name -> name.startsWith("jobtrail_"))
                    // Micrometer tells the largest value of a distribution as a gauge beside it.
                    .filter(name -> !name.endsWith("_max"))
                    .forEach(ours::add);
        }
        assertThat(written).containsAll(ours);
        written.removeIf(name -> !name.startsWith("jobtrail_"));
        assertThat(ours).containsAll(written);
    }

    /** What is asked for and not there. */
    private static List<String> faultsOf(Map<String, String> expressions) {
        var exposed = new HashMap<String, Set<String>>();
        for (var exposition : List.of(api, worker)) {
            exposition
                    .names()
                    .forEach((name, labels) -> exposed.computeIfAbsent(name, any -> new HashSet<>())
                            .addAll(labels));
        }
        exposed.put("up", Set.of());
        var faults = new ArrayList<String>();
        expressions.forEach((where, expression) -> new Query(expression)
                .metrics()
                .forEach((metric, labels) -> {
                    if (!exposed.containsKey(metric)) {
                        faults.add(where + ": there is no " + metric);
                        return;
                    }
                    labels.stream()
                            .filter(label -> !OF_PROMETHEUS.contains(label)
                                    && !exposed.get(metric).contains(label))
                            .forEach(label -> faults.add(where + ": " + metric + " has no label " + label));
                }));
        return faults;
    }

    private static List<String> keys(JsonNode node) {
        var keys = new ArrayList<String>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }
}
