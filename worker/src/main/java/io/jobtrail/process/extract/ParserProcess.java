package io.jobtrail.process.extract;

import io.jobtrail.document.WorkDirectory;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.process.extract.Message.Answer;
import io.jobtrail.process.extract.Message.Request;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One parser process, seen from the worker: asks it for texts, one at a time, and kills it with everything it may have started
 * when it does not answer in time. Of no use any more once {@link #parse} has thrown anything but a {@link
 * PermanentFailure} that the process itself answered.
 */
final class ParserProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ParserProcess.class);
    private static final Duration LOOK_UP_EVERY = Duration.ofMillis(250);
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final int EXIT_OUT_OF_MEMORY = 3; // by -XX:+ExitOnOutOfMemoryError
    private static final int LONGEST_LINE = 500;
    /** A parser needs its temporary files and a locale, and nothing that is secret. */
    private static final List<String> ENVIRONMENT = List.of("LANG", "LC_ALL", "SystemRoot");

    private final Process process;
    private final Path tempDir;
    private final DataOutputStream requests;
    private final DataInputStream answers;
    private final ExecutorService pipe;
    private volatile String lastWords = "";
    private int documents;

    /** @param tempDir for the files that parsers make; deleted with the process */
    ParserProcess(int heapMb, Path tempDir) throws IOException {
        this.tempDir = tempDir;
        ProcessBuilder command = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMb + "m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + tempDir.resolve("crash.log"),
                "-Djava.awt.headless=true",
                "-Dfile.encoding=UTF-8",
                "-Djava.io.tmpdir=" + tempDir,
                "-Dlogback.configurationFile=io/jobtrail/process/extract/parser-logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                ParserMain.class.getName());
        Map<String, String> environment = command.environment();
        environment.keySet().retainAll(ENVIRONMENT);
        process = command.start();
        requests = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        answers = new DataInputStream(new BufferedInputStream(process.getInputStream()));
        String name = "parser-" + process.pid();
        pipe = Executors.newSingleThreadExecutor(daemon(name));
        daemon(name + "-stderr").newThread(this::drainErrors).start();
    }

    /**
     * Has one document parsed. Blocks until there is an answer, the time is over, the thread is interrupted, or {@code
     * checkCancelled} throws; in the last three cases the process is dead when this returns.
     *
     * @throws PermanentFailure with the code the process gave, {@code PARSER_TIMEOUT} or {@code EXTRACT_LIMIT}
     * @throws RetryableFailure {@code PARSER_CRASHED} when the process died
     */
    Extraction parse(Request request, Duration timeout, Runnable checkCancelled) throws InterruptedException {
        Answer answer = null;
        try {
            if (documents++ == 0) {
                awaitStart(checkCancelled);
            }
            answer = await(pipe.submit(() -> exchange(request)), timeout, checkCancelled);
        } catch (TimeoutException e) {
            throw new PermanentFailure("PARSER_TIMEOUT", "parsing took longer than " + timeout.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw died(e.getCause());
        } finally {
            if (answer == null) {
                close();
            }
        }
        if (answer.code() == null) {
            return answer.extraction();
        }
        if (answer.code().equals(ParseFailure.PARSER_CRASHED)) {
            close(); // what was wrong may stay wrong in this process
            throw new RetryableFailure(answer.code(), answer.message());
        }
        throw new PermanentFailure(answer.code(), answer.message());
    }

    /** A busy machine may take long to start a process; a document must not pay for it. */
    private void awaitStart(Runnable checkCancelled) throws InterruptedException, ExecutionException {
        try {
            await(pipe.submit(answers::readByte), START_TIMEOUT, checkCancelled);
        } catch (TimeoutException e) {
            throw new RetryableFailure(ParseFailure.PARSER_CRASHED, "the parser process did not start in time", e);
        }
    }

    private Answer exchange(Request request) throws IOException {
        request.writeTo(requests);
        return Answer.readFrom(answers);
    }

    private static <T> T await(Future<T> result, Duration timeout, Runnable checkCancelled)
            throws InterruptedException, ExecutionException, TimeoutException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            checkCancelled.run();
            long left = deadline - System.nanoTime();
            try {
                return result.get(Math.min(left, LOOK_UP_EVERY.toNanos()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (left <= 0) {
                    throw e;
                }
            }
        }
    }

    private RuntimeException died(Throwable cause) throws InterruptedException {
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            return new RetryableFailure(ParseFailure.PARSER_CRASHED, "the parser process stopped talking", cause);
        }
        if (process.exitValue() == EXIT_OUT_OF_MEMORY) {
            return new PermanentFailure("EXTRACT_LIMIT", "parsing the file needs more memory than is allowed");
        }
        return new RetryableFailure(
                ParseFailure.PARSER_CRASHED,
                "the parser process died with exit code " + process.exitValue() + " " + lastWords,
                cause);
    }

    private void drainErrors() {
        try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                lastWords = line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) : line;
                log.debug("Parser {}: {}", process.pid(), lastWords);
            }
        } catch (IOException e) {
            log.debug("Parser {} closed its standard error: {}", process.pid(), e.toString());
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** How many documents it was asked for. */
    int documents() {
        return documents;
    }

    long pid() {
        return process.pid();
    }

    /** Kills the process and what it started, waits until it is gone, and deletes its files. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        pipe.shutdown();
        process.onExit().join();
        WorkDirectory.delete(tempDir);
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
