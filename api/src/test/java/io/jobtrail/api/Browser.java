package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.awaitility.core.ConditionFactory;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The installed browser, without a window, as a person would use it: elements are found by what they say. It is started once for all
 * classes of a JVM; what one leaves behind is gone before the next. Never brings a browser or a driver, and asks nobody but the server
 * under test.
 */
final class Browser implements AutoCloseable {
    static final String MISSING = "no chromium is installed (Debian: apt-get install chromium chromium-driver)";

    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Duration LONG = Duration.ofSeconds(20);

    /** Counts what the page's policy forbade, and what a hostile text would call. */
    private static final String WATCH = "window.violations = []; window.hit = 0;"
            + "addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective + ' ' + e.blockedURI));"
            + "addEventListener('error', e => violations.push(String(e.message)));"
            + "addEventListener('unhandledrejection', e => violations.push(String(e.reason)));";

    /** Says with each start that it has no classes for this release of the browser's protocol, which nothing here needs. */
    private static final Logger PROTOCOL = Logger.getLogger("org.openqa.selenium.devtools.CdpVersionFinder");

    static {
        PROTOCOL.setLevel(Level.SEVERE);
    }

    private static ChromeDriver started;

    final ChromeDriver driver;

    private final String home;

    private Browser(ChromeDriver driver, String home) {
        this.driver = driver;
        this.home = home;
    }

    static boolean isInstalled() {
        return Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER);
    }

    static Browser at(RunningApi api) {
        return at("http://127.0.0.1:" + api.server.port() + "/");
    }

    /** Whoever is given one closes it before the next is asked for. */
    static Browser at(String home) {
        if (started == null) {
            started = start();
            Runtime.getRuntime().addShutdownHook(new Thread(started::quit, "browser-end"));
        }
        return new Browser(started, home);
    }

    private static ChromeDriver start() {
        var options = new ChromeOptions().setBinary(CHROMIUM.toString());
        options.addArguments(
                "--headless=new",
                "--window-size=1280,1000",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--no-default-browser-check",
                // The sandbox of a browser that root has started does not work.
                System.getProperty("user.name").equals("root") ? "--no-sandbox" : "--disable-sync");
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        var service = new ChromeDriverService.Builder()
                .usingDriverExecutable(new File(DRIVER.toString()))
                .usingAnyFreePort()
                .withSilent(true)
                .build();
        var driver = new ChromeDriver(service, options);
        driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", WATCH));
        return driver;
    }

    static ConditionFactory soon() {
        return await().atMost(LONG).pollInterval(Duration.ofMillis(50)).ignoreExceptions();
    }

    void open(String query) {
        driver.get(home + query);
    }

    /** Away from the page, with nothing kept of it. */
    void leave() {
        open("heartbeat");
        run("localStorage.clear()");
        complaints();
    }

    /** Everything that can be read in the element, or nothing when there is none. */
    String text(String css) {
        return (String) driver.executeScript("return document.querySelector(arguments[0])?.innerText ?? ''", css);
    }

    void shows(String css, String... words) {
        soon().untilAsserted(() -> assertThat(text(css))
                .as(() -> css + " at " + driver.getCurrentUrl())
                .contains(words));
    }

    void showsNot(String css, String word) {
        soon().untilAsserted(() -> assertThat(text(css))
                .as(() -> css + " at " + driver.getCurrentUrl())
                .doesNotContain(word));
    }

    WebElement find(String css) {
        soon().until(() -> !driver.findElements(By.cssSelector(css)).isEmpty());
        return driver.findElement(By.cssSelector(css));
    }

    /** The button or link in the element that says this, or begins with it. */
    void press(String css, String words) {
        var path = By.xpath(".//*[self::a or self::button][starts-with(normalize-space(.), '" + words + "')]");
        soon().until(() -> {
            driver.findElement(By.cssSelector(css)).findElement(path).click();
            return true;
        });
    }

    void write(String css, String text) {
        soon().until(() -> {
            var field = driver.findElement(By.cssSelector(css));
            field.clear();
            field.sendKeys(text);
            return true;
        });
    }

    /** As typed with nothing but the page in mind. */
    void type(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    void enter() {
        type(Keys.ENTER);
    }

    /** @param scheme light or dark */
    void looksLike(int width, String scheme) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** What those who do not see are told that the elements with one of these roles are called. */
    List<String> names(String... roles) {
        JsonNode tree = Json.MAPPER.valueToTree(driver.executeCdpCommand("Accessibility.getFullAXTree", Map.of()));
        var names = new ArrayList<String>();
        for (var node : tree.path("nodes")) {
            if (List.of(roles).contains(node.at("/role/value").asText())) {
                names.add(node.at("/name/value").asText().strip());
            }
        }
        return names;
    }

    String query() {
        return (String) driver.executeScript("return location.search");
    }

    Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** What the browser complained of since it was asked last: refused by the policy, failed, or not found. */
    List<String> complaints() {
        var complaints = new ArrayList<String>();
        driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .forEach(entry -> complaints.add(entry.getMessage()));
        var violations = (List<?>) driver.executeScript("return window.violations.splice(0)");
        violations.forEach(violation -> complaints.add(violation.toString()));
        return complaints;
    }

    /** Leaves the page, and with it its stream of events, and forgets the session, for ports have their cookies in common. */
    @Override
    public void close() {
        driver.get("about:blank");
        driver.executeCdpCommand("Network.clearBrowserCookies", Map.of());
        driver.executeCdpCommand("Storage.clearDataForOrigin", Map.of("origin", home, "storageTypes", "all"));
        driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
        driver.manage().logs().get(LogType.BROWSER);
    }
}
