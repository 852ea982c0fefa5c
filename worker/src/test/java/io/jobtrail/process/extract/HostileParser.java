package io.jobtrail.process.extract;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.apache.tika.sax.XHTMLContentHandler;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;

/** Does to its process what the document says. Only on the class path of tests, where the parser process finds it by itself. */
public final class HostileParser implements Parser {
    private static final String MAGIC = "JOBTRAIL-HOSTILE";

    public static byte[] document(String command) {
        return (MAGIC + " " + command).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Set<MediaType> getSupportedTypes(ParseContext context) {
        return Set.of(MediaType.application("x-jobtrail-hostile"));
    }

    @Override
    public void parse(InputStream in, ContentHandler handler, Metadata metadata, ParseContext context)
            throws IOException, SAXException {
        String[] command = new String(in.readAllBytes(), StandardCharsets.UTF_8).split(" ");
        XHTMLContentHandler xhtml = new XHTMLContentHandler(handler, metadata);
        xhtml.startDocument();
        switch (command[1]) {
            case "endless" -> loop(Path.of(command[2]));
            case "exit" -> Runtime.getRuntime().halt(42);
            case "memory" -> eat();
            case "nesting" -> nest(1);
            case "print" -> print();
            case "disk" -> throw new IOException("No space left on device");
            case "file" -> throw new FileSystemException("/tmp/x", null, "gone");
            case "class" -> throw new IllegalStateException(new NoClassDefFoundError("gone/Away"));
            case "directory" -> loseTheDirectory();
            case "environment" ->
                xhtml.element("p", "environment " + System.getenv().keySet());
            default -> throw new IOException("unknown command " + command[1]);
        }
        xhtml.element("p", "done");
        xhtml.endDocument();
    }

    /** Starts a program, writes its process id into the file, and never comes back. */
    private static void loop(Path marker) throws IOException {
        Process child = new ProcessBuilder("sleep", "600").start();
        Path draft = marker.resolveSibling("draft");
        Files.writeString(draft, String.valueOf(child.pid()));
        Files.move(draft, marker);
        while (child.isAlive()) {
            Thread.onSpinWait();
        }
    }

    private static void eat() {
        List<byte[]> eaten = new ArrayList<>();
        while (eaten.size() < 1_000_000) {
            eaten.add(new byte[1 << 20]);
        }
    }

    private static int nest(int depth) {
        return depth < 0 ? 0 : 1 + nest(depth + 1);
    }

    /** What a cleaner of old temporary files can do to a parser. */
    private static void loseTheDirectory() throws IOException {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"));
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        File.createTempFile("parser", null);
    }

    private static void print() {
        for (int i = 0; i < 10_000; i++) {
            System.out.println("noise on standard output");
            System.err.println("noise on standard error");
        }
    }
}
