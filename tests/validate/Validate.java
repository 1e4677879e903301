import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Validates every PDF in a folder: {@code Validate 3a,ua1 FOLDER}. Prints one line for each fault and a count at the end.
 * Exit status 1 when a file is not what it claims to be, or nothing was checked.
 */
public class Validate {
    private static int faults;

    public static void main(String[] args) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        List<Path> files;
        try (Stream<Path> all = Files.walk(Path.of(args[1]))) {
            files = all.filter(path -> path.toString().endsWith(".pdf")).sorted().collect(Collectors.toList());
        }
        long checks = 0;
        for (String name : args[0].split(",")) {
            int valid = 0;
            for (Path file : files) {
                long made = check(name, file);
                valid += made > 0 ? 1 : 0;
                checks += made;
            }
            System.out.printf("%s: %d of %d files valid%n", name, valid, files.size());
        }
        System.out.printf("%d checks, %d faults%n", checks, faults);
        System.exit(faults == 0 && checks > 0 ? 0 : 1);
    }

    /** How many checks the file passed; 0 when it failed one. A profile that cannot be loaded is a fault like any other. */
    private static long check(String name, Path file) {
        PDFAFlavour flavour = PDFAFlavour.byFlavourId(name);
        try (var in = new FileInputStream(file.toFile());
                var parser = Foundries.defaultInstance().createParser(in, flavour)) {
            ValidationResult result = Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
            if (result.isCompliant() && result.getTotalAssertions() > 0) {
                return result.getTotalAssertions();
            }
            var byRule = new TreeMap<String, String>();
            for (TestAssertion one : result.getTestAssertions()) {
                if (one.getStatus() == TestAssertion.Status.FAILED) {
                    String rule = one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber();
                    byRule.putIfAbsent(rule, one.getLocation().getContext());
                }
            }
            faults++;
            System.out.printf("%s %s: %s%n", name, file, byRule.isEmpty() ? "nothing was checked" : byRule);
        } catch (Throwable thrown) {
            faults++;
            System.out.printf("%s %s: %s%n", name, file, thrown);
        }
        return 0;
    }
}
