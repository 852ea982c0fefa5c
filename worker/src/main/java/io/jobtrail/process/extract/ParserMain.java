package io.jobtrail.process.extract;

import io.jobtrail.process.extract.Message.Request;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Entry of a parser process: reads requests from standard input and answers them on standard output, one after the other,
 * after a first byte that says it is ready.
 * Ends itself as soon as standard input ends, even in the middle of a document, because then its worker is gone.
 */
final class ParserMain {
    private static final int READY = 1;

    private ParserMain() {}

    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        // Libraries that print or read must not disturb the messages.
        System.setOut(System.err);
        System.setIn(InputStream.nullInputStream());

        LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> readAll(in, requests), "requests");
        reader.setDaemon(true);
        reader.start();

        DocumentParser parser = new DocumentParser();
        out.writeByte(READY);
        out.flush();
        while (true) {
            parser.parse(requests.take()).writeTo(out);
        }
    }

    private static void readAll(DataInputStream in, LinkedBlockingQueue<Request> requests) {
        try {
            while (true) {
                requests.add(Request.readFrom(in));
            }
        } catch (IOException workerIsGone) {
            Runtime.getRuntime().halt(0);
        }
    }
}
