package io.jobtrail.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/** The few HTTP calls the development stack makes, as any client would make them. It keeps no state of jobs. */
final class PipelineClient {
    static final String REALM = "demo";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(60);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String base;
    private final String adminKey;

    /**
     * @param base such as {@code http://127.0.0.1:8000}
     * @param adminKey sent with every call; empty when the API runs without one
     */
    PipelineClient(String base, String adminKey) {
        this.base = base;
        this.adminKey = adminKey;
    }

    boolean answersOk(String path) {
        try {
            return send(request(path).GET().timeout(Duration.ofSeconds(5))).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Enqueues a document in the demo realm. @return the API's answer with {@code job_id} and {@code queue} */
    JsonNode enqueue(Path file) throws IOException {
        return enqueue(file.getFileName().toString(), Files.probeContentType(file), BodyPublishers.ofFile(file));
    }

    JsonNode enqueue(String filename, String text) throws IOException {
        return enqueue(filename, "text/plain", BodyPublishers.ofString(text));
    }

    JsonNode status(String jobId) throws IOException {
        return json(request("/pipeline/status/" + jobId).GET());
    }

    JsonNode history(String jobId) throws IOException {
        return json(request("/pipeline/jobs/" + jobId + "/history").GET());
    }

    private JsonNode enqueue(String filename, String type, BodyPublisher content) throws IOException {
        String boundary = "jobtrail-" + UUID.randomUUID();
        String head = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
                + escaped(filename) + "\"\r\nContent-Type: "
                + (type == null ? "application/octet-stream" : type) + "\r\n\r\n";
        BodyPublisher body = BodyPublishers.concat(
                BodyPublishers.ofString(head, StandardCharsets.UTF_8),
                content,
                BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
        return json(request("/pipeline/enqueue")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .header("X-Realm", REALM)
                .POST(body));
    }

    /** As browsers do it: a quote or line break in the name must not end the header field. */
    private static String escaped(String filename) {
        return filename.replace("\"", "%22").replace("\r", "%0D").replace("\n", "%0A");
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(REQUEST_LIMIT);
        return adminKey.isEmpty() ? request : request.header("X-Admin-Key", adminKey);
    }

    private JsonNode json(HttpRequest.Builder request) throws IOException {
        HttpResponse<String> response = send(request);
        if (response.statusCode() / 100 != 2) {
            throw new IOException(response.request().method() + " "
                    + response.uri().getPath() + " answered " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
