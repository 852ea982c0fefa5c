package io.jobtrail.bench.speed;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import java.nio.file.Path;

/**
 * Where it is measured.
 *
 * @param parts everything that has to be stopped
 * @param logs directory for the output of all programs
 */
record Arena(Checkout checkout, Servers servers, Parts parts, Path logs) {}
