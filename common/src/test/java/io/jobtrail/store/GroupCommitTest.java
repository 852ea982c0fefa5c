package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.batch.Batcher;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of each of those who share a statement. What the statements do is tested with Postgres. */
class GroupCommitTest {
    /** What the first caller sends, to keep the others waiting until there are enough of them. */
    private static final String FIRST = "first";

    private final List<List<String>> together = Collections.synchronizedList(new ArrayList<>());
    private final List<String> alone = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch firstIsUnderWay = new CountDownLatch(1);
    private final CountDownLatch firstMayEnd = new CountDownLatch(1);
    private final DistributionSummary batches =
            DistributionSummary.builder("items").register(new SimpleMeterRegistry());
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        firstMayEnd.countDown();
        threads.shutdownNow();
    }

    private GroupCommit<String, String> answering(
            Batcher.Limits limits, Function<List<String>, List<String>> statement) {
        return new GroupCommit<>(
                limits,
                String::length,
                items -> {
                    if (items.contains(FIRST)) {
                        firstIsUnderWay.countDown();
                        uninterruptibly(firstMayEnd);
                        return all(items);
                    }
                    together.add(items);
                    return statement.apply(items);
                },
                item -> {
                    alone.add(item);
                    if (item.equals("bad")) {
                        throw failure("23514");
                    }
                    return item + "!";
                },
                batches);
    }

    private static List<String> all(List<String> items) {
        return items.stream().map(item -> item + "!").toList();
    }

    private static DatabaseFailure failure(String sqlState) {
        return new DatabaseFailure("SELECT", new SQLException("as the test wants it", sqlState));
    }

    private static void uninterruptibly(CountDownLatch latch) {
        await().until(() -> latch.getCount() == 0);
    }

    /** These come, in their order, while the statement of the first is under way; then that one ends. */
    private List<CompletableFuture<String>> whileOneIsUnderWay(GroupCommit<String, String> group, String... items) {
        var calls = new ArrayList<CompletableFuture<String>>();
        calls.add(call(group, FIRST));
        uninterruptibly(firstIsUnderWay);
        for (var item : items) {
            int before = group.waiting();
            calls.add(call(group, item));
            await().until(() -> group.waiting() > before);
        }
        firstMayEnd.countDown();
        return calls.subList(1, calls.size());
    }

    private CompletableFuture<String> call(GroupCommit<String, String> group, String item) {
        return CompletableFuture.supplyAsync(() -> group.submit(item), threads);
    }

    private static List<String> answers(List<CompletableFuture<String>> calls) {
        return calls.stream().map(CompletableFuture::join).toList();
    }

    @Test
    void whoeverFindsNobodyElseSendsAStatementAtOnce() {
        var group = answering(new Batcher.Limits(10, 100), GroupCommitTest::all);
        assertThat(group.submit("a")).isEqualTo("a!");
        assertThat(group.submit("b")).isEqualTo("b!");
        assertThat(together).containsExactly(List.of("a"), List.of("b"));
        assertThat(alone).isEmpty();
    }

    @Test
    void theFailureOfOneAloneIsToldWithoutAskingAgain() {
        var group = answering(new Batcher.Limits(10, 100), items -> {
            throw failure("23514");
        });
        assertThatThrownBy(() -> group.submit("bad")).isInstanceOf(DatabaseFailure.class);
        assertThat(alone).isEmpty();
    }

    @Test
    void thoseWhoComeMeanwhileShareTheNextStatementInTheirOrder() {
        var group = answering(new Batcher.Limits(10, 100), GroupCommitTest::all);
        assertThat(answers(whileOneIsUnderWay(group, "a", "b", "c"))).containsExactly("a!", "b!", "c!");
        assertThat(together).containsExactly(List.of("a", "b", "c"));
        assertThat(alone).isEmpty();
        assertThat(batches.count()).isEqualTo(2);
        assertThat(batches.totalAmount()).isEqualTo(4);
    }

    @Test
    void theFailureOfOneIsNotThatOfTheOthers() {
        var group = answering(new Batcher.Limits(10, 100), items -> {
            throw failure("23514");
        });
        var calls = whileOneIsUnderWay(group, "a", "bad", "c");
        assertThat(calls.get(0).join()).isEqualTo("a!");
        assertThat(calls.get(2).join()).isEqualTo("c!");
        assertThatThrownBy(() -> calls.get(1).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(DatabaseFailure.class);
        assertThat(alone).containsExactlyInAnyOrder("a", "bad", "c");
    }

    @Test
    void aBrokenConnectionIsToldToEachAndNothingIsAskedTwice() {
        var group = answering(new Batcher.Limits(10, 100), items -> {
            throw failure("08006");
        });
        for (var call : whileOneIsUnderWay(group, "a", "b")) {
            assertThatThrownBy(call::join)
                    .cause()
                    .isInstanceOfSatisfying(
                            DatabaseFailure.class,
                            e -> assertThat(e.leavesItUnknown()).isTrue());
        }
        assertThat(alone).isEmpty();
        assertThatThrownBy(() -> group.submit("later")).isInstanceOf(DatabaseFailure.class);
    }

    @Test
    void whatAStatementDoesNotSettleIsAskedForAlone() {
        var group = answering(new Batcher.Limits(10, 100), items -> Arrays.asList("x", null, "z"));
        assertThat(answers(whileOneIsUnderWay(group, "a", "b", "c"))).containsExactly("x", "b!", "z");
        assertThat(alone).containsExactly("b");
        assertThat(batches.count()).isEqualTo(3);
    }
}
