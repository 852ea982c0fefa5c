package io.jobtrail.process.embed;

import java.util.List;

/** Turns texts into vectors. Safe for use from several threads. */
public interface Embedder {

    /** Name of the model, as it stands in results: vectors of different models must not be compared. */
    String model();

    /** One vector of finite numbers per text, in the same order, all of the same length. */
    List<float[]> embed(List<String> texts) throws InterruptedException;
}
