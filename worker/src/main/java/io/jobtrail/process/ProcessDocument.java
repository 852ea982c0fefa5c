package io.jobtrail.process;

import io.jobtrail.document.Sha256;
import io.jobtrail.document.WorkDirectory;
import io.jobtrail.handler.Answer;
import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobContext.Chunk;
import io.jobtrail.handler.JobHandler;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.job.Job;
import io.jobtrail.process.embed.Embedder;
import io.jobtrail.process.embed.HashEmbedder;
import io.jobtrail.process.embed.HttpEmbedder;
import io.jobtrail.process.extract.Extraction;
import io.jobtrail.process.extract.PageFile;
import io.jobtrail.process.extract.TextExtractor;
import io.jobtrail.process.text.ChunkFile;
import io.jobtrail.process.text.Chunker;
import io.jobtrail.process.text.Cleaner;
import io.jobtrail.process.text.Cleaner.Cleaned;
import io.jobtrail.process.text.Language;
import io.jobtrail.process.text.Sentence;
import io.jobtrail.process.text.Sentences;
import io.jobtrail.process.text.Summarizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.tika.Tika;

/**
 * Turns a document into chunks of text with embeddings and a summary. Works on files from stage to stage, so that the memory it
 * takes does not grow with the document. Gives a result only for a document that was read to its end; everything else is a
 * failure with a code.
 */
public final class ProcessDocument implements JobHandler, AutoCloseable {
    private static final String EXTRACTOR = Tika.getString().replace("Apache Tika", "tika");
    private static final int BATCH = 64;
    private static final int EMBEDDING_ATTEMPTS = 5;
    private static final Duration EMBEDDING_FIRST_WAIT = Duration.ofMillis(500);

    private final ProcessSettings settings;
    private final WorkDirectory work;
    private final TextExtractor extractor;
    private final Embedder embedder;

    public ProcessDocument(ProcessSettings settings) {
        this.settings = settings;
        this.work = WorkDirectory.createIn(settings.tempDir(), "work");
        this.extractor = new TextExtractor(
                settings.parsers(), settings.parserHeapMb(), settings.parserTimeout(), settings.maxCharacters(), work);
        this.embedder = settings.embeddingsUrl() == null
                ? new HashEmbedder()
                : new HttpEmbedder(
                        settings.embeddingsUrl(),
                        settings.embeddingsKey(),
                        settings.embeddingsModel(),
                        EMBEDDING_ATTEMPTS,
                        EMBEDDING_FIRST_WAIT);
    }

    @Override
    public String name() {
        return "process_document";
    }

    @Override
    public Map<String, Object> handle(Job job, JobContext context) throws IOException, InterruptedException {
        if (!Review.isWanted(job)) {
            return process(job, context);
        }
        Optional<Answer> given = context.answer(Review.NAME);
        if (given.isPresent()) {
            Map<String, Object> reviewed = Review.approved(Review.shown(given.get()), given.get());
            if (context.keepChunks(Review.NAME, (Integer) reviewed.get("chunks"))) {
                return reviewed;
            }
        }
        Map<String, Object> result = process(job, context);
        Answer answer = context.ask(Review.of(result, context.document().name()));
        return Review.approved(result, answer);
    }

    private Map<String, Object> process(Job job, JobContext context) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Path files = work.newDirectory("job-" + job.id() + "-");
        try {
            Map<String, Object> result = process(context, files);
            result.put("duration_sec", Math.round((System.nanoTime() - start) / 1e6) / 1e3);
            return result;
        } finally {
            WorkDirectory.delete(files);
        }
    }

    private Map<String, Object> process(JobContext context, Path files) throws IOException, InterruptedException {
        enter(context, "validating_input", 0);
        Path input = files.resolve("input");
        String sha256 = receive(context.document(), input);

        enter(context, "extracting", 0.05);
        Path raw = files.resolve("raw");
        // A document that is too slow shall be told as such, before the attempt as a whole runs out of time.
        Extraction extraction = extractor.extract(
                input, raw, () -> context.timeLeft().multipliedBy(4).dividedBy(5), context::checkCancelled);

        enter(context, "cleaning", 0.4);
        Path clean = files.resolve("clean");
        boolean unwrap = extraction.contentType().equals("application/pdf");
        Cleaned cleaned = Cleaner.clean(raw, clean, extraction.pages(), unwrap, context::checkCancelled);
        if (cleaned.characters() == 0) {
            throw new PermanentFailure("NO_TEXT", "nothing is left of the text once it is cleaned");
        }
        String language = Language.of(cleaned.sample());

        enter(context, "chunking", 0.5);
        Path chunks = files.resolve("chunks");
        Summarizer summarizer = new Summarizer(language);
        int count = chunk(clean, language, summarizer, chunks, context);

        enter(context, "embedding", 0.6);
        int dimensions = embed(chunks, count, context);

        enter(context, "summarizing", 0.95);
        String summary = summarizer.summary();
        enter(context, "summarizing", 1);

        Map<String, Object> result = new LinkedHashMap<>();
        result.put("chunks", count);
        result.put("embeddings", count);
        result.put("summary", summary);
        result.put("summary_method", Summarizer.METHOD);
        result.put("title", extraction.title());
        result.put("pages", extraction.pages());
        result.put("language", language);
        result.put("characters", cleaned.characters());
        result.put("content_type", extraction.contentType());
        result.put("extractor", EXTRACTOR);
        result.put("chunker", Chunker.NAME);
        result.put("embedder", embedder.model());
        result.put("embedding_dimensions", dimensions);
        result.put("sha256", sha256);
        return result;
    }

    private static void enter(JobContext context, String stage, double progress) {
        context.checkCancelled();
        context.stage(stage);
        context.progress(progress);
    }

    /** Gives the sha256 of what was read, which is what the result is about. */
    private static String receive(JobContext.Document document, Path file) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (InputStream in = new DigestInputStream(document.open(), digest)) {
            Files.copy(in, file);
        }
        if (Files.size(file) == 0) {
            throw new PermanentFailure("INPUT_CORRUPT", "the file is empty");
        }
        return Sha256.hex(digest);
    }

    /** Gives the number of chunks; shows the summarizer each sentence on the way. */
    private int chunk(Path clean, String language, Summarizer summarizer, Path chunks, JobContext context)
            throws IOException {
        try (PageFile.Reader pages = PageFile.read(clean);
                ChunkFile.Writer writer = new ChunkFile.Writer(chunks)) {
            Sentences sentences = new Sentences(pages, language);
            Chunker chunker =
                    new Chunker(watched(sentences, summarizer), settings.chunkTokens(), settings.overlapTokens());
            while (chunker.hasNext()) {
                context.checkCancelled();
                writer.write(chunker.next());
            }
            return writer.count();
        }
    }

    private static Iterator<Sentence> watched(Iterator<Sentence> sentences, Summarizer summarizer) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return sentences.hasNext();
            }

            @Override
            public Sentence next() {
                Sentence sentence = sentences.next();
                summarizer.accept(sentence);
                return sentence;
            }
        };
    }

    /** Gives the length of the vectors. */
    private int embed(Path chunks, int count, JobContext context) throws IOException, InterruptedException {
        int dimensions = 0;
        int done = 0;
        try (ChunkFile.Reader reader = new ChunkFile.Reader(chunks, count)) {
            for (List<Chunk> batch = reader.readBatch(BATCH); !batch.isEmpty(); batch = reader.readBatch(BATCH)) {
                context.checkCancelled();
                List<float[]> vectors =
                        embedder.embed(batch.stream().map(Chunk::text).toList());
                int length = vectors.get(0).length;
                if (dimensions != 0 && length != dimensions) {
                    throw new PermanentFailure(
                            "EMBEDDINGS_INVALID", "vectors of " + length + " numbers after some of " + dimensions);
                }
                dimensions = length;
                context.addChunks(withVectors(batch, vectors));
                done += batch.size();
                context.progress(0.6 + 0.35 * done / count);
            }
        }
        return dimensions;
    }

    private static List<Chunk> withVectors(List<Chunk> batch, List<float[]> vectors) {
        List<Chunk> result = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            Chunk chunk = batch.get(i);
            result.add(new Chunk(chunk.text(), chunk.tokens(), chunk.pageFrom(), chunk.pageTo(), vectors.get(i)));
        }
        return result;
    }

    /** Ends the parser processes and deletes all working files. */
    @Override
    public void close() {
        extractor.close();
        work.close();
    }
}
