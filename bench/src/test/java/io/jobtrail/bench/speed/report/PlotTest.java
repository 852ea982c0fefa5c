package io.jobtrail.bench.speed.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class PlotTest {
    private final Figures figures = new Figures(Forged.everything().list());

    @Test
    void throughputHasABarForEachContestantAsLongAsItsMedian() throws Exception {
        var picture = plot("mix");

        var bars = marks(picture, "rect");
        assertThat(bars).hasSize(5 + 3);
        assertThat(width(bars.get(0)) / width(bars.get(3)))
                .as("Jobtrail against Jesque")
                .isCloseTo(5_210 / 10_134.0, within(0.001));
        assertThat(texts(picture))
                .containsSubsequence(
                        "Jobtrail", "5,210 (5,020–5,480)", "ceiling", "3,310 (3,110–3,890)", "db-scheduler");
    }

    @Test
    void latencyHasThreeMarksForEachContestant() throws Exception {
        var picture = plot("latency-200");

        assertThat(marks(picture, "circle")).hasSize(2 * 3 + 2); // two in the legend
        assertThat(marks(picture, "rect")).hasSize(3 + 1);
        assertThat(texts(picture)).contains("1.24 / 2.31 / 8.95", "244 / 474 / 495", "1", "10", "100", "1,000");
    }

    @Test
    void aPictureSaysInWordsWhatItShows() throws Exception {
        var picture = plot("drain");
        var root = picture.getDocumentElement();

        assertThat(root.getAttribute("role")).isEqualTo("img");
        assertThat(root.getAttribute("aria-labelledby")).isEqualTo("title description");
        assertThat(child(root, "title")).isEqualTo("Drain: jobs/s");
        assertThat(child(root, "desc"))
                .isEqualTo("the disk as it is: Jobtrail 5,600 (5,500–5,700); ceiling 3,400 (3,300–3,500); "
                        + "db-scheduler not measured; plain Jesque 10,265 (9,573–13,375).");
    }

    @Test
    void whoeverWasNotMeasuredHasNoBar() throws Exception {
        var picture = plot("drain");

        assertThat(marks(picture, "rect")).hasSize(3);
        assertThat(texts(picture)).containsSubsequence("db-scheduler", "not measured", "plain Jesque");
        assertThat(Plot.of(Workload.MIX, new Figures(List.of()))).isEmpty();
    }

    @Test
    void workloadsThatDifferInANumberShareAPicture() throws Exception {
        assertThat(texts(plot("scale")))
                .containsSubsequence("Jobtrail 1", "2,000", "Jobtrail 2", "4,000", "Jobtrail 4", "8,000");

        var alone =
                new Figures(new Forged().rate("scale-8", "jobtrail", "disk", 1).list());
        assertThat(Workload.all(alone)).last().extracting(Workload::name).isEqualTo("scale-8");
    }

    @Test
    void whatIsMarkupInTheFiguresIsTextInThePicture() throws Exception {
        var strange = new Figures(new Forged().rate("mix", "<&\">", "disk", 1).list());

        assertThat(texts(parse(Plot.of(Workload.MIX, strange).orElseThrow()))).contains("<&\">");
    }

    private Document plot(String name) throws Exception {
        var workload = Workload.all(figures).stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow();
        return parse(Plot.of(workload, figures).orElseThrow());
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static List<Element> marks(Document picture, String shape) {
        return elements(picture, shape).stream()
                .filter(element -> element.getAttribute("class").matches("(ours|theirs).*"))
                .toList();
    }

    private static double width(Element bar) {
        return Double.parseDouble(bar.getAttribute("width"));
    }

    private static List<String> texts(Document picture) {
        return elements(picture, "text").stream().map(Element::getTextContent).toList();
    }

    private static String child(Element root, String name) {
        return elements(root.getOwnerDocument(), name).get(0).getTextContent();
    }

    private static List<Element> elements(Document picture, String name) {
        var nodes = picture.getElementsByTagName(name);
        var elements = new ArrayList<Element>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
