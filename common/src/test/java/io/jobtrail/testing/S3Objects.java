package io.jobtrail.testing;

import io.jobtrail.document.S3Bucket;
import java.net.URI;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** What a test puts into a bucket, past the code that reads it. */
public final class S3Objects implements AutoCloseable {
    private final S3Client client;
    private final String bucket;

    private S3Objects(S3Client client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    public static S3Objects inNewBucket(String url, String bucket) {
        var client = S3Client.builder()
                .endpointOverride(URI.create(url))
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(AnonymousCredentialsProvider.create())
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .build();
        client.createBucket(request -> request.bucket(bucket));
        return new S3Objects(client, bucket);
    }

    public static S3Bucket reading(String url, String bucket) {
        useTestCredentials();
        return new S3Bucket(bucket, url, "us-east-1");
    }

    /** The test server takes any; without them the SDK would look for those of this machine. */
    public static void useTestCredentials() {
        System.setProperty("aws.accessKeyId", "test");
        System.setProperty("aws.secretAccessKey", "test");
    }

    public void put(String key, String contentType, String text) {
        client.putObject(
                request -> request.bucket(bucket).key(key).contentType(contentType), RequestBody.fromString(text));
    }

    public void delete(String key) {
        client.deleteObject(request -> request.bucket(bucket).key(key));
    }

    @Override
    public void close() {
        client.close();
    }
}
