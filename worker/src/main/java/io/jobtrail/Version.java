package io.jobtrail;

import picocli.CommandLine;

/** Which version of this program runs, as its jar says. */
final class Version implements CommandLine.IVersionProvider {
    /** {@code dev} when it runs from class files. */
    static String current() {
        var version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"jobtrail worker " + current()};
    }
}
