package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

/** How much of everything the system had before a request that must leave nothing behind. */
record Holdings(RunningApi api, long jobs, long documents, long parts, long events) {

    static Holdings of(RunningApi api) {
        return new Holdings(
                api,
                api.count("pipeline_jobs"),
                api.count("pipeline_documents"),
                api.count("pipeline_document_parts"),
                api.count("pipeline_job_events"));
    }

    /** Rows, blobs, temporary files and memory for files. */
    void assertUnchanged() {
        api.assertHolds(jobs, documents);
        assertThat(api.count("pipeline_document_parts"))
                .as("parts of documents")
                .isEqualTo(parts);
        assertThat(api.count("pipeline_job_events")).as("events").isEqualTo(events);
    }
}
