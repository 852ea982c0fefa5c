package io.jobtrail.process.extract;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.poi.openxml4j.opc.OPCPackage;
import org.apache.poi.poifs.crypt.EncryptionInfo;
import org.apache.poi.poifs.crypt.EncryptionMode;
import org.apache.poi.poifs.crypt.Encryptor;
import org.apache.poi.poifs.filesystem.POIFSFileSystem;
import org.apache.poi.util.DefaultTempFileCreationStrategy;
import org.apache.poi.util.TempFile;
import org.apache.poi.xslf.usermodel.XMLSlideShow;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.apache.poi.xwpf.usermodel.XWPFDocument;

/** Makes Office documents and archives for tests. */
final class Office {
    static {
        // Its default is one directory for all users of the machine, which only the first of them can write to.
        TempFile.setTempFileCreationStrategy(new DefaultTempFileCreationStrategy(new File("target/poi")));
    }

    private Office() {}

    static byte[] docx(List<String> paragraphs) {
        return bytes(out -> {
            try (XWPFDocument document = new XWPFDocument()) {
                for (String paragraph : paragraphs) {
                    document.createParagraph().createRun().setText(paragraph);
                }
                document.write(out);
            }
        });
    }

    static byte[] xlsx(List<List<String>> rows) {
        return bytes(out -> {
            try (XSSFWorkbook book = new XSSFWorkbook()) {
                var sheet = book.createSheet("Prices");
                for (List<String> cells : rows) {
                    var row = sheet.createRow(sheet.getPhysicalNumberOfRows());
                    cells.forEach(cell ->
                            row.createCell(Math.max(0, row.getLastCellNum())).setCellValue(cell));
                }
                book.write(out);
            }
        });
    }

    static byte[] pptx(List<String> slides) {
        return bytes(out -> {
            try (XMLSlideShow show = new XMLSlideShow()) {
                for (String slide : slides) {
                    show.createSlide().createTextBox().setText(slide);
                }
                show.write(out);
            }
        });
    }

    static byte[] encrypted(byte[] office) {
        return bytes(out -> {
            try (POIFSFileSystem files = new POIFSFileSystem()) {
                Encryptor encryptor = new EncryptionInfo(EncryptionMode.agile).getEncryptor();
                encryptor.confirmPassword("secret");
                try (OPCPackage document = OPCPackage.open(new ByteArrayInputStream(office));
                        OutputStream encrypted = encryptor.getDataStream(files)) {
                    document.save(encrypted);
                } catch (GeneralSecurityException | org.apache.poi.openxml4j.exceptions.InvalidFormatException e) {
                    throw new IOException(e);
                }
                files.writeFilesystem(out);
            }
        });
    }

    static byte[] zip(Map<String, byte[]> entries) {
        return bytes(out -> {
            try (ZipOutputStream zip = new ZipOutputStream(out)) {
                for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                    zip.putNextEntry(new ZipEntry(entry.getKey()));
                    zip.write(entry.getValue());
                }
            }
        });
    }

    /** A small archive with one text of many megabytes in it. */
    static byte[] zipBomb(int megabytes) {
        byte[] line = "all work and no play\n".repeat(50_000).getBytes(StandardCharsets.US_ASCII);
        return bytes(out -> {
            try (ZipOutputStream zip = new ZipOutputStream(out)) {
                zip.putNextEntry(new ZipEntry("bomb.txt"));
                for (int i = 0; i < megabytes; i++) {
                    zip.write(line);
                }
            }
        });
    }

    private interface Writing {
        void to(OutputStream out) throws IOException;
    }

    private static byte[] bytes(Writing writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writing.to(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
