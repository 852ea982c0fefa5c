package io.jobtrail.bench;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may know whom. One rule for each line of the module table in docs/architecture.md. */
class ArchitectureTest {
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.jobtrail");

    /** The plain Jesque that Jobtrail is measured against, as its documentation shows it. */
    private static final String[] PLAIN_JESQUE = {
        "io.jobtrail.bench.storm.jesque", "io.jobtrail.bench.speed.peer.jesque"
    };

    /** A route that only reads, which the API is measured against. */
    private static final String BARE_ROUTE = "io.jobtrail.bench.speed.http.bare";

    private static final String[] API = {"io.jobtrail.api.."};
    private static final String[] WORKER = {"io.jobtrail.run..", "io.jobtrail.handler..", "io.jobtrail.process.."};
    private static final String[] COMMON = {
        "io.jobtrail.access..",
        "io.jobtrail.job..",
        "io.jobtrail.store..",
        "io.jobtrail.queue..",
        "io.jobtrail.document..",
        "io.jobtrail.sweep..",
        "io.jobtrail.config..",
        "io.jobtrail.batch..",
        "io.jobtrail.metrics..",
        "io.jobtrail.trace..",
        "io.jobtrail.doctor.."
    };

    @Test
    void jobsAreMadeOfPlainJava() {
        classes()
                .that()
                .resideInAPackage("io.jobtrail.job..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.jobtrail.job..", "java..")
                .check(ALL);
    }

    @Test
    void theClientNeedsNothingButTheJdkAndJackson() {
        classes()
                .that()
                .resideInAPackage("io.jobtrail.client..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.jobtrail.client..", "java..", "com.fasterxml.jackson..")
                .check(ALL);
    }

    @Test
    void whatBothProcessesShareKnowsNeitherOfThem() {
        noClasses()
                .that()
                .resideInAnyPackage(COMMON)
                .should()
                .dependOnClassesThat(resideInAnyPackage(API).or(resideInAnyPackage(WORKER)))
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("io.javalin..", "jakarta.servlet..", "net.greghaines.jesque.worker..")
                .check(ALL);
    }

    @Test
    void theWebProcessAndTheWorkerDoNotSeeEachOther() {
        noClasses()
                .that()
                .resideInAnyPackage(API)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(WORKER)
                .check(ALL);
        noClasses()
                .that()
                .resideInAnyPackage(WORKER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(API)
                .check(ALL);
    }

    @Test
    void onlyTheWebProcessKnowsHttpServers() {
        noClasses()
                .that(not(resideInAnyPackage(API).or(resideInAnyPackage(BARE_ROUTE))))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.javalin..", "jakarta.servlet..", "org.eclipse.jetty..")
                .check(ALL);
    }

    @Test
    void jesqueAndJedisStayInTwoPackages() {
        noClasses()
                .that(not(resideInAnyPackage("io.jobtrail.queue..", "io.jobtrail.run..")
                        .or(resideInAnyPackage(PLAIN_JESQUE))))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("net.greghaines.jesque..")
                .check(ALL);
        noClasses()
                .that(not(resideInAnyPackage(
                        "io.jobtrail.queue..", "io.jobtrail.run..", "io.jobtrail.testbed..", "io.jobtrail.bench..")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("redis.clients..")
                .check(ALL);
    }

    @Test
    void onlyTheDocumentsKnowS3() {
        noClasses()
                .that(not(resideInAnyPackage("io.jobtrail.document..")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("software.amazon..")
                .check(ALL);
    }

    /** They lose jobs on a restart of Redis, or instantiate classes that somebody named in Redis. */
    @Test
    void theDangerousClassesOfJesqueAreNotUsed() {
        for (var forbidden : new String[] {
            "net.greghaines.jesque.worker.WorkerImpl",
            "net.greghaines.jesque.client.ClientImpl",
            "net.greghaines.jesque.worker.ReflectiveJobFactory",
            "net.greghaines.jesque.worker.MapBasedJobFactory",
            "net.greghaines.jesque.JobFailure",
            "java.io.ObjectInputStream"
        }) {
            noClasses()
                    .that()
                    .resideOutsideOfPackages(PLAIN_JESQUE)
                    .should()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName(forbidden)
                    .check(ALL);
        }
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("net.greghaines.jesque.meta..")
                .check(ALL);
    }

    @Test
    void handlersSeeNoLibraryOfOurs() {
        classes()
                .that()
                .resideInAPackage("io.jobtrail.handler..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.jobtrail.handler..", "io.jobtrail.job..", "java..")
                .check(ALL);
    }

    @Test
    void theDocumentHandlerKnowsOnlyTheInterfaceOfHandlers() {
        noClasses()
                .that()
                .resideInAPackage("io.jobtrail.process..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.jobtrail.run..", "io.jobtrail.store..", "io.jobtrail.queue..", "java.sql..")
                .check(ALL);
    }

    @Test
    void onlyTheMainsReadTheEnvironment() {
        noClasses()
                .that()
                .haveSimpleNameNotEndingWith("Main")
                .and()
                .resideOutsideOfPackages("io.jobtrail.testbed..", "io.jobtrail.bench..")
                .should()
                .callMethod(System.class, "getenv")
                .orShould()
                .callMethod(System.class, "getenv", String.class)
                .check(ALL);
    }

    @Test
    void theTestbedIsNoPartOfProduction() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.jobtrail.testbed..", "io.jobtrail.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.jobtrail.testbed..")
                .check(ALL);
    }

    @Test
    void packagesSayWhatTheyAreForAndHaveNoCycles() {
        noClasses()
                .should()
                .resideInAnyPackage("..util..", "..utils..", "..common..", "..helper..")
                .check(ALL);
        slices().matching("io.jobtrail.(*)..").should().beFreeOfCycles().check(ALL);
    }
}
