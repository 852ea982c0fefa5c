package io.jobtrail.process.extract;

import io.jobtrail.process.extract.Message.Answer;
import io.jobtrail.process.extract.Message.Request;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Set;
import org.apache.tika.config.TikaConfig;
import org.apache.tika.exception.TikaException;
import org.apache.tika.extractor.EmbeddedDocumentExtractor;
import org.apache.tika.extractor.ParsingEmbeddedDocumentExtractor;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.AutoDetectParser;
import org.apache.tika.parser.EmptyParser;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.apache.tika.parser.microsoft.OfficeParserConfig;
import org.apache.tika.parser.pdf.PDFParserConfig;
import org.apache.tika.sax.BodyContentHandler;
import org.xml.sax.SAXException;

/**
 * Gets the text out of a document with Apache Tika, inside the parser process. Judges the type by the bytes alone and says in
 * one code what is wrong with a document that gives no text. Starts no other program and does no OCR.
 */
final class DocumentParser {
    private static final Set<String> PAGED = Set.of(
            "application/pdf",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
            "application/vnd.ms-powerpoint.presentation.macroenabled.12");
    private static final int DEEPEST_ATTACHMENT = 10;
    private static final long PDF_HEAP_BYTES = 64L << 20;

    private final AutoDetectParser parser;

    DocumentParser() throws TikaException, IOException, SAXException {
        try (InputStream config = DocumentParser.class.getResourceAsStream("tika-config.xml")) {
            parser = new AutoDetectParser(new TikaConfig(config));
        }
        parser.getAutoDetectParserConfig().setMaximumPackageEntryDepth(DEEPEST_ATTACHMENT);
    }

    /** Never throws: whatever happens becomes an answer, and the process stays fit for the next document. */
    Answer parse(Request request) {
        try {
            if (Truncation.cutsShort(request.input())) {
                return Answer.failed("INPUT_CORRUPT", "the end of the file is missing");
            }
            return parseWhole(request);
        } catch (Throwable e) { // a parser can throw anything, and the worker has to hear of it
            return ParseFailure.answerFor(e);
        }
    }

    private Answer parseWhole(Request request) throws Exception {
        Metadata metadata = new Metadata();
        try (TikaInputStream in = TikaInputStream.get(request.input(), metadata);
                PageFile.Writer file = PageFile.write(request.output())) {
            metadata.remove(TikaCoreProperties.RESOURCE_NAME_KEY); // the temporary file's name says nothing
            MediaType type = parser.getDetector().detect(in, metadata).getBaseType();
            Charset encoding = mayBePlainText(type) ? PlainText.encodingOf(request.input()) : null;
            boolean plain = encoding != null;
            String name = (plain ? MediaType.TEXT_PLAIN : type).toString();
            PageCollector text = new PageCollector(file, request.maxCharacters(), PAGED.contains(name));
            try {
                if (plain) {
                    PlainText.read(request.input(), encoding, text);
                } else {
                    parser.parse(in, new BodyContentHandler(text), metadata, context());
                }
            } catch (Exception e) {
                if (text.writeError() != null) {
                    return Answer.failed(ParseFailure.PARSER_CRASHED, "cannot write text: " + text.writeError());
                }
                if (!text.overLimit()) {
                    throw e;
                }
            }
            return answer(text, metadata, name, request);
        }
    }

    private static boolean mayBePlainText(MediaType type) {
        return type.equals(MediaType.TEXT_PLAIN) || type.equals(MediaType.OCTET_STREAM);
    }

    private static Answer answer(PageCollector text, Metadata metadata, String detected, Request request) {
        if (text.overLimit()) {
            return Answer.failed("EXTRACT_LIMIT", "more than " + request.maxCharacters() + " characters of text");
        }
        boolean unknown = Arrays.asList(metadata.getValues(TikaCoreProperties.TIKA_PARSED_BY))
                .contains(EmptyParser.class.getName());
        if (unknown) {
            return Answer.failed("UNSUPPORTED_TYPE", "no text can be read from a file of type " + detected);
        }
        if (!text.readable()) {
            return Answer.failed("NO_TEXT", "the " + detected + " file holds no text; a scan would need OCR first");
        }
        MediaType parsed = MediaType.parse(metadata.get(Metadata.CONTENT_TYPE));
        String type = parsed == null ? detected : parsed.getBaseType().toString();
        return Answer.done(new Extraction(type, metadata.get(TikaCoreProperties.TITLE), text.pages()));
    }

    private ParseContext context() {
        ParseContext context = new ParseContext();
        context.set(Parser.class, parser); // attachments are parsed like documents
        ParsingEmbeddedDocumentExtractor attachments = new ParsingEmbeddedDocumentExtractor(context);
        attachments.setWriteFileNameToContent(false);
        context.set(EmbeddedDocumentExtractor.class, attachments);

        PDFParserConfig pdf = new PDFParserConfig();
        pdf.setSortByPosition(false); // or columns would be read across
        pdf.setExtractInlineImages(false);
        pdf.setOcrStrategy(PDFParserConfig.OCR_STRATEGY.NO_OCR);
        pdf.setExtractBookmarksText(false); // an outline repeats the headings
        pdf.setMaxMainMemoryBytes(PDF_HEAP_BYTES);
        context.set(PDFParserConfig.class, pdf);

        OfficeParserConfig office = new OfficeParserConfig();
        office.setUseSAXDocxExtractor(true); // streams, where the other one builds a tree
        office.setIncludeSlideMasterContent(false);
        context.set(OfficeParserConfig.class, office);

        return context;
    }
}
