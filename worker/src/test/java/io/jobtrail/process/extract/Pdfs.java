package io.jobtrail.process.extract;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDDocumentInformation;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.pdmodel.font.PDType0Font;
import org.apache.pdfbox.pdmodel.graphics.image.LosslessFactory;
import org.slf4j.LoggerFactory;

/** Makes PDFs for tests, line by line, with an embedded font that has macrons. */
public final class Pdfs {
    private static final float SIZE = 11;
    private static final float LEADING = 14;
    private static final float TOP = 800;
    private static final String FONT = "/org/apache/pdfbox/resources/ttf/LiberationSans-Regular.ttf";

    static {
        // Or the font library explains every glyph.
        ((Logger) LoggerFactory.getLogger("org.apache")).setLevel(Level.WARN);
    }

    private Pdfs() {}

    /** A page per list of lines. */
    public static byte[] withPages(List<List<String>> pages) {
        return make((document, font) -> addPages(document, font, pages));
    }

    public static byte[] encrypted(String password) {
        return make((document, font) -> {
            addPages(document, font, List.of(List.of("A secret.")));
            document.protect(new StandardProtectionPolicy("owner", password, new AccessPermission()));
        });
    }

    public static byte[] withImageOnly() {
        return make((document, font) -> {
            PDPage page = addPage(document);
            BufferedImage image = new BufferedImage(200, 200, BufferedImage.TYPE_INT_RGB);
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                content.drawImage(LosslessFactory.createFromImage(document, image), 50, 50);
            }
            PDDocumentInformation information = new PDDocumentInformation();
            information.setTitle("A title is not a text");
            document.setDocumentInformation(information);
        });
    }

    /** Two columns, drawn one after the other as typesetting programs do. */
    public static byte[] withColumns(List<String> left, List<String> right) {
        return make((document, font) -> {
            PDPage page = addPage(document);
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                draw(content, font, left, 50);
                draw(content, font, right, 320);
            }
        });
    }

    private interface Drawing {
        void on(PDDocument document, PDFont font) throws IOException;
    }

    private static byte[] make(Drawing drawing) {
        try (PDDocument document = new PDDocument()) {
            PDFont font = PDType0Font.load(document, Pdfs.class.getResourceAsStream(FONT));
            drawing.on(document, font);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            document.save(out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void addPages(PDDocument document, PDFont font, List<List<String>> pages) throws IOException {
        for (List<String> lines : pages) {
            PDPage page = addPage(document);
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                draw(content, font, lines, 50);
            }
        }
    }

    private static PDPage addPage(PDDocument document) {
        PDPage page = new PDPage(PDRectangle.A4);
        document.addPage(page);
        return page;
    }

    /** An empty line leaves the gap of a paragraph. */
    private static void draw(PDPageContentStream content, PDFont font, List<String> lines, float x) throws IOException {
        float y = TOP;
        for (String line : lines) {
            if (!line.isEmpty()) {
                content.beginText();
                content.setFont(font, SIZE);
                content.newLineAtOffset(x, y);
                content.showText(line);
                content.endText();
            }
            y -= line.isEmpty() ? 2 * LEADING : LEADING;
        }
    }
}
