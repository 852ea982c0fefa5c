package io.jobtrail.store;

import io.jobtrail.store.ModelOperation.Kind;
import io.jobtrail.store.ModelOperation.Step;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What two operations that ran at the same moment answered, and the jobs they left behind. Lawful is what the model gives for
 * one after the other, in either order; operations that skip what is locked may also miss jobs that the other one was busy with.
 */
record ModelOutcome(List<String> answers, Model jobs) {

    /** All that may come of a step. */
    static Set<ModelOutcome> of(Step step, Model before) {
        var outcomes = new LinkedHashSet<ModelOutcome>();
        for (var firstSkips : subsets(mayBeSkipped(step.first(), step.second(), before))) {
            for (var secondSkips : subsets(mayBeSkipped(step.second(), step.first(), before))) {
                if (firstSkips.stream().noneMatch(secondSkips::contains)) { // one of the two got the job
                    outcomes.addAll(bothOrders(step, before, firstSkips, secondSkips));
                }
            }
        }
        return outcomes;
    }

    private static List<ModelOutcome> bothOrders(
            Step step, Model before, Set<Integer> firstSkips, Set<Integer> secondSkips) {
        var first = before.apply(step.first(), before, firstSkips);
        var thenSecond = first.jobs().apply(step.second(), before, secondSkips);
        var second = before.apply(step.second(), before, secondSkips);
        var thenFirst = second.jobs().apply(step.first(), before, firstSkips);
        return List.of(
                new ModelOutcome(List.of(first.answer(), thenSecond.answer()), thenSecond.jobs()),
                new ModelOutcome(List.of(thenFirst.answer(), second.answer()), thenFirst.jobs()));
    }

    private static Set<Integer> mayBeSkipped(ModelOperation operation, ModelOperation other, Model before) {
        if (!operation.kind().skipsLocked() || other.kind() == Kind.ENQUEUE || other.kind() == Kind.NOTHING) {
            return Set.of();
        }
        if (operation.kind().takesWhatItFinds()) {
            return other.kind().takesWhatItFinds() ? before.jobs().keySet() : Set.of(other.job());
        }
        var meet = other.kind().takesWhatItFinds() || other.job() == operation.job();
        return meet ? Set.of(operation.job()) : Set.of();
    }

    private static List<Set<Integer>> subsets(Set<Integer> numbers) {
        var subsets = new ArrayList<Set<Integer>>(List.of(Set.of()));
        for (var number : numbers) {
            for (var subset : List.copyOf(subsets)) {
                var larger = new TreeSet<>(subset);
                larger.add(number);
                subsets.add(larger);
            }
        }
        return subsets;
    }

    /** Says how this outcome of a step differs from the lawful ones. */
    String differs(Step step, Model before) {
        var orders = bothOrders(step, before, Set.of(), Set.of());
        return """
                %s
                  before:              %s
                  what happened:       %s
                  first, then second:  %s
                  second, then first:  %s""".formatted(step, before, this, orders.get(0), orders.get(1));
    }

    @Override
    public String toString() {
        return answers + " " + jobs;
    }
}
