package io.jobtrail.process.extract;

/**
 * What is known of a document once its text stands in a page file.
 *
 * @param contentType media type by its bytes, without parameters
 * @param title null when the document names none
 * @param pages null when this kind of document has none
 */
public record Extraction(String contentType, String title, Integer pages) {}
