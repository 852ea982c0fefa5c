package io.jobtrail.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.jobtrail.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Holds render.yaml, the Dockerfile and docker/ against each other and against the settings. Nothing is deployed here. */
class DeploymentTest {
    /** Given by the platform. */
    private static final Set<String> FOREIGN_VARIABLES = Set.of("PORT");

    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
    private static final Pattern HEAP = Pattern.compile("(?m)^-XX:MaxRAMPercentage=(\\d+)$");
    private static final Pattern IMAGE_PATH = Pattern.compile("/app/\\S+");

    private final Path root = root();
    private final JsonNode blueprint = new YAMLMapper().readTree(Files.readString(root.resolve("render.yaml")));
    private final ImageFiles image = new ImageFiles(root);
    private final Path options = root.resolve("docker/java.options");

    DeploymentTest() throws IOException {}

    @Test
    void oneWebServiceAndOneWorkerForEachQueue() {
        assertThat(services("web")).hasSize(1);
        assertThat(services("worker").stream().map(worker -> variables(worker).get("WORKER_QUEUES")))
                .containsExactlyInAnyOrder("urgent", "default", "slow");
    }

    @Test
    void onlyServiceTypesThatThePlatformHasAreUsed() {
        assertThat(elements(blueprint.path("services")).map(service -> text(service, "type")))
                .isNotEmpty()
                .allSatisfy(type -> assertThat(type).isIn("web", "worker", "keyvalue"));
        assertThat(processes())
                .allSatisfy(service -> assertThat(text(service, "runtime")).isEqualTo("docker"));
    }

    @Test
    void namesAreUsedOnce() {
        assertThat(elements(blueprint.path("services")).map(service -> text(service, "name")))
                .doesNotHaveDuplicates();
    }

    @Test
    void redisNeverEvictsAndNeitherStoreIsOpenToTheWorld() {
        assertThat(services("keyvalue")).hasSize(1).allSatisfy(redis -> {
            assertThat(text(redis, "maxmemoryPolicy")).isEqualTo("noeviction");
            assertThat(redis.path("ipAllowList").isArray()).isTrue();
            assertThat(redis.path("ipAllowList")).isEmpty();
        });
        assertThat(elements(blueprint.path("databases"))).hasSize(1).allSatisfy(database -> {
            assertThat(database.path("ipAllowList").isArray()).isTrue();
            assertThat(database.path("ipAllowList")).isEmpty();
        });
    }

    @Test
    void theWebServiceIsProbedAndMigratesFirst() {
        assertThat(text(services("web").get(0), "healthCheckPath")).isEqualTo("/heartbeat");
        assertThat(text(services("web").get(0), "preDeployCommand")).isEqualTo("/app/bin/migrate");
    }

    @Test
    void onlyCheckedCommitsAreDeployed() {
        assertThat(processes())
                .allSatisfy(service ->
                        assertThat(text(service, "autoDeployTrigger")).isEqualTo("checksPass"));
    }

    @Test
    void everyCommandIsAnExecutableFileInTheImage() {
        assertThat(commands()).hasSizeGreaterThanOrEqualTo(5).allSatisfy(command -> {
            var executable = command.split("\\s+")[0];
            assertThat(image.files()).containsKey(executable);
            assertThat(root.resolve(image.files().get(executable))).isExecutable();
        });
    }

    @Test
    void scriptsNameOnlyFilesThatAreInTheImage() throws IOException {
        try (var files = Files.list(root.resolve("docker"))) {
            assertThat(files.filter(file -> !file.equals(options))).isNotEmpty().allSatisfy(script -> {
                var named = IMAGE_PATH.matcher(Files.readString(script)).results();
                assertThat(named.map(match -> match.group()))
                        .isNotEmpty()
                        .allSatisfy(file -> assertThat(image.files()).containsKey(file));
                assertThat(Files.readString(script)).contains("\nexec java @/app/bin/java.options -jar ");
            });
        }
    }

    @Test
    void theImageHoldsBothJarsBesideTheirLibraries() {
        assertThat(image.files())
                .containsEntry("/app/api/api.jar", "/src/api/target/api.jar")
                .containsEntry("/app/api/lib", "/src/api/target/lib")
                .containsEntry("/app/worker/worker.jar", "/src/worker/target/worker.jar")
                .containsEntry("/app/worker/lib", "/src/worker/target/lib");
    }

    @Test
    void theBuildContextHoldsWhatTheDockerfileCopies() throws IOException {
        var ignoreFile = Files.readAllLines(root.resolve(".dockerignore"));
        assertThat(ignoreFile).contains("*");
        assertThat(image.contextSources())
                .isNotEmpty()
                .allSatisfy(source -> assertThat(ignoreFile).contains("!" + source));
    }

    @Test
    void theDockerfileKnowsEveryModule() throws IOException {
        var modules = MODULE.matcher(Files.readString(root.resolve("pom.xml"))).results();
        assertThat(modules.map(match -> match.group(1) + "/pom.xml"))
                .isNotEmpty()
                .allSatisfy(pom -> assertThat(image.contextSources()).contains(pom));
    }

    @Test
    void theImageDoesNotRunAsRoot() throws IOException {
        var users = Files.readAllLines(root.resolve("Dockerfile")).stream().filter(line -> line.startsWith("USER "));
        assertThat(users).containsExactly("USER 10001");
    }

    @Test
    void everyVariableIsKnownToTheSettings() {
        var known = new HashSet<>(Settings.VARIABLES);
        known.addAll(FOREIGN_VARIABLES);
        assertThat(processes())
                .allSatisfy(service ->
                        assertThat(variables(service).keySet()).isNotEmpty().isSubsetOf(known));
    }

    @Test
    void everyProcessHasItsStoresAndLogsForMachines() {
        assertThat(processes())
                .allSatisfy(service -> assertThat(variables(service))
                        .containsKeys("DATABASE_URL", "REDIS_URL")
                        .doesNotContainKey("JAVA_TOOL_OPTIONS")
                        .containsEntry("LOG_FORMAT", "json"));
    }

    @Test
    void thePlatformWaitsLongerThanAProcessNeedsToStop() {
        assertThat(processes()).allSatisfy(service -> {
            var delay = service.path("maxShutdownDelaySeconds").asInt();
            assertThat(delay).isBetween(1, 300);
            assertThat(Integer.parseInt(variables(service).get("SHUTDOWN_SECONDS")))
                    .isPositive()
                    .isLessThan(delay);
        });
    }

    @Test
    void theWorkersMemoryIsEnoughForItsParsers() throws IOException {
        int heapPercentage = heapPercentage();
        assertThat(services("worker")).allSatisfy(worker -> {
            assertThat(text(worker, "plan")).isEqualTo("standard");
            var variables = variables(worker);
            var parsers = Integer.parseInt(variables.get("WORKER_CONCURRENCY"));
            var parserHeap = Integer.parseInt(variables.get("PARSER_HEAP_MB"));
            // Beside its heap a JVM needs memory for code, metaspace and threads: about 250 MB here, 150 MB in a
            // parser.
            assertThat(2048 * heapPercentage / 100 + 250 + parsers * (parserHeap + 150))
                    .isLessThanOrEqualTo(2048);
        });
    }

    @Test
    void everyReferenceLeadsToSomethingInTheFile() {
        assertThat(blueprint.findValues("fromDatabase"))
                .isNotEmpty()
                .allSatisfy(reference ->
                        assertThat(names(blueprint.path("databases"))).contains(text(reference, "name")));
        assertThat(blueprint.findValues("fromGroup"))
                .isNotEmpty()
                .allSatisfy(reference ->
                        assertThat(names(blueprint.path("envVarGroups"))).contains(reference.asText()));
        assertThat(blueprint.findValues("fromService")).isNotEmpty().allSatisfy(reference -> {
            var target = services(text(reference, "type")).stream()
                    .filter(service -> text(service, "name").equals(text(reference, "name")))
                    .toList();
            assertThat(target).as("service of %s", reference).hasSize(1);
            if (reference.has("envVarKey")) {
                assertThat(variables(target.get(0))).containsKey(text(reference, "envVarKey"));
            }
        });
    }

    @Test
    void secretsAreNotWrittenDown() {
        var web = services("web").get(0);
        assertThat(elements(web.path("envVars"))
                        .filter(variable -> variable.path("key").asText().equals("ADMIN_API_KEY")))
                .singleElement()
                .satisfies(
                        key -> assertThat(key.path("generateValue").asBoolean()).isTrue());
        assertThat(processes())
                .allSatisfy(service -> assertThat(variables(service)).containsEntry("OPENAI_API_KEY", null));
    }

    /** Variables of a service with those of its groups; null for a value that is not in the file. */
    private Map<String, String> variables(JsonNode service) {
        var variables = new LinkedHashMap<String, String>();
        elements(service.path("envVars")).forEach(variable -> {
            if (variable.has("fromGroup")) {
                elements(blueprint.path("envVarGroups"))
                        .filter(group -> group.path("name").equals(variable.path("fromGroup")))
                        .forEach(group -> variables.putAll(variables(group)));
            } else {
                variables.put(text(variable, "key"), variable.has("value") ? text(variable, "value") : null);
            }
        });
        return variables;
    }

    private int heapPercentage() throws IOException {
        var percentage = HEAP.matcher(Files.readString(options));
        assertThat(percentage.find()).isTrue();
        return Integer.parseInt(percentage.group(1));
    }

    private List<String> commands() {
        var commands = new ArrayList<String>();
        for (var service : processes()) {
            commands.add(text(service, "dockerCommand"));
            if (service.has("preDeployCommand")) {
                commands.add(text(service, "preDeployCommand"));
            }
        }
        return commands;
    }

    private List<JsonNode> processes() {
        return Stream.concat(services("web").stream(), services("worker").stream())
                .toList();
    }

    private List<JsonNode> services(String type) {
        return elements(blueprint.path("services"))
                .filter(service -> text(service, "type").equals(type))
                .toList();
    }

    private static List<String> names(JsonNode list) {
        return elements(list).map(element -> text(element, "name")).toList();
    }

    private static Stream<JsonNode> elements(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    private static String text(JsonNode node, String field) {
        assertThat(node.has(field)).as("%s of %s", field, node).isTrue();
        return node.path(field).asText();
    }

    private static Path root() {
        var directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("render.yaml"))) {
            directory = directory.getParent();
        }
        return directory;
    }
}
