package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Holds that no test leaves anything behind in the system: rows, blobs, temporary files and memory for files. */
final class LeftUnchanged implements BeforeEachCallback, AfterEachCallback {
    private final RunningApi api;
    private Holdings before;

    LeftUnchanged(RunningApi api) {
        this.api = api;
    }

    private record Holdings(long jobs, long documents, long parts, long events) {
        static Holdings of(RunningApi api) {
            return new Holdings(
                    api.count("pipeline_jobs"),
                    api.count("pipeline_documents"),
                    api.count("pipeline_document_parts"),
                    api.count("pipeline_job_events"));
        }
    }

    @Override
    public void beforeEach(ExtensionContext test) {
        before = Holdings.of(api);
    }

    @Override
    public void afterEach(ExtensionContext test) {
        api.assertHolds(before.jobs, before.documents);
        assertThat(Holdings.of(api)).isEqualTo(before);
    }
}
