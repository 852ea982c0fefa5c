package io.jobtrail.bench.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Result;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.config.Json;
import io.jobtrail.handler.Answer;
import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.Prompt;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.job.Job;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StormHandlerTest {
    private static final long SEED = 7;
    private static final double LEASE_SECONDS = 0.02;

    @TempDir
    Path directory;

    private HandlerLedger ledger;
    private StormHandler handler;

    @BeforeEach
    void open() {
        ledger = new HandlerLedger(directory);
        handler = new StormHandler(ledger);
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    @Test
    void theClientKnowsTheSha256BeforehandThatTheHandlerFinds() throws Exception {
        var withInput = plan(plan -> plan.document() == null);
        var withDocument = plan(plan -> plan.document() != null);

        for (var plan : List.of(withInput, withDocument)) {
            var result = handler.handle(job(plan, 2), new Context(plan.document(), false));

            assertThat(result)
                    .isEqualTo(new Result(
                            plan.n(), plan.sha256(), 2, ProcessHandle.current().pid()));
        }
        assertThat(withInput.sha256()).isNotEqualTo(withDocument.sha256());
    }

    @Test
    void aDocumentWithOtherBytesGivesAnotherSha256() throws Exception {
        var plan = plan(p -> p.document() != null);
        var other = plan.document().clone();
        other[0]++;

        var result = (Result) handler.handle(job(plan, 1), new Context(other, false));

        assertThat(result.sha256()).isNotEqualTo(plan.sha256());
    }

    @Test
    void anAttemptFailsAsItIsToldAndSaysSoInTheLedger() throws Exception {
        var once = new Order(1, 0, Order.Failing.ONCE);
        var permanent = new Order(2, 0, Order.Failing.PERMANENT);
        var never = new Order(3, 0, Order.Failing.NEVER);

        assertThatThrownBy(() -> run(once, 1, false)).isInstanceOf(RetryableFailure.class);
        assertThatThrownBy(() -> run(permanent, 4, false)).isInstanceOf(PermanentFailure.class);
        assertThatThrownBy(() -> run(never, 1, true)).hasMessage("cancelled");
        assertThat(run(once, 2, false)).isInstanceOf(Result.class);

        assertThat(History.read(directory).handler())
                .filteredOn(entry -> entry.kind() == HandlerLedger.Kind.END)
                .extracting(HandlerLedger.Entry::ending)
                .containsExactly(Ending.FAILED, Ending.FAILED, Ending.STOPPED, Ending.RETURNED);
        assertThat(History.read(directory).handler())
                .extracting(HandlerLedger.Entry::kind)
                .containsExactly(IntStream.range(0, 8)
                        .mapToObj(i -> i % 2 == 0 ? HandlerLedger.Kind.BEGIN : HandlerLedger.Kind.END)
                        .toArray(HandlerLedger.Kind[]::new));
    }

    @Test
    void aPlanIsAFunctionOfSeedAndNumberAndHasTheWantedMixture() {
        var plans = IntStream.range(0, 5_000).mapToObj(n -> Plan.of(SEED, n, 3)).toList();

        assertThat(plans).allSatisfy(plan -> {
            var again = Plan.of(SEED, plan.n(), 3);
            assertThat(again.sha256()).isEqualTo(plan.sha256());
            assertThat(again.toString().replaceAll("document=[^,]*", ""))
                    .isEqualTo(plan.toString().replaceAll("document=[^,]*", ""));
        });
        assertThat(plans.stream().map(Plan::sha256)).doesNotHaveDuplicates();
        assertThat(share(plans, p -> p.document() != null)).isBetween(0.27, 0.33);
        assertThat(share(plans, p -> p.key() != null)).isBetween(0.47, 0.53);
        assertThat(share(plans, p -> p.order().fail() == Order.Failing.ONCE)).isBetween(0.04, 0.06);
        assertThat(share(plans, p -> p.order().fail() == Order.Failing.PERMANENT))
                .isBetween(0.005, 0.015);
        assertThat(share(plans, p -> p.order().millis() > 3_000)).isBetween(0.002, 0.009);
        assertThat(share(plans, p -> p.cancelAfterMillis() != null)).isBetween(0.015, 0.025);
    }

    private Object run(Order order, int attempt, boolean cancelled) throws Exception {
        return handler.handle(job("input", order.toMap(), attempt), new Context(null, cancelled));
    }

    private static double share(List<Plan> plans, java.util.function.Predicate<Plan> what) {
        return (double) plans.stream().filter(what).count() / plans.size();
    }

    private static Plan plan(java.util.function.Predicate<Plan> wanted) {
        return IntStream.range(0, 1_000)
                .mapToObj(n -> Plan.of(SEED, n, LEASE_SECONDS))
                .filter(p ->
                        p.order().fail() == Order.Failing.NEVER && p.order().millis() < 100)
                .filter(wanted)
                .findFirst()
                .orElseThrow();
    }

    private static Job job(Plan plan, int attempt) throws Exception {
        return job(plan.document() == null ? "input" : "options", plan.order().toMap(), attempt);
    }

    /** With the values as they come back from the database: through JSON, the keys in an order of its own. */
    private static Job job(String member, Map<String, Object> order, int attempt) throws Exception {
        var reversed = new LinkedHashMap<>(new TreeMap<>(order).descendingMap());
        var payload = Json.MAPPER.readValue(
                Json.write(Map.of(member, reversed)), new TypeReference<Map<String, Object>>() {});
        return new Job(UUID.randomUUID(), "default", "test", StormHandler.NAME, attempt, 5, payload);
    }

    private record Context(byte[] bytes, boolean cancelled, List<Chunk> chunks) implements JobContext {
        Context(byte[] bytes, boolean cancelled) {
            this(bytes, cancelled, new ArrayList<>());
        }

        @Override
        public void stage(String name) {}

        @Override
        public void progress(double done) {}

        @Override
        public void checkCancelled() {
            if (cancelled) {
                throw new IllegalStateException("cancelled");
            }
        }

        @Override
        public Duration timeLeft() {
            return Duration.ofHours(1);
        }

        @Override
        public Document document() {
            return new Document() {
                @Override
                public String name() {
                    return "storm.txt";
                }

                @Override
                public String contentType() {
                    return "text/plain";
                }

                @Override
                public long size() {
                    return bytes.length;
                }

                @Override
                public String sha256() {
                    return "not to be trusted by the storm";
                }

                @Override
                public InputStream open() {
                    return new ByteArrayInputStream(bytes);
                }
            };
        }

        @Override
        public void addChunks(List<Chunk> pieces) {
            chunks.addAll(pieces);
        }

        @Override
        public Answer ask(Prompt prompt) {
            throw new UnsupportedOperationException("the storm asks nobody");
        }

        @Override
        public Optional<Answer> answer(String name) {
            return Optional.empty();
        }

        @Override
        public boolean keepChunks(String name, int count) {
            return false;
        }
    }
}
