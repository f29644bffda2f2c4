using System.Text.RegularExpressions;

namespace WhatsApp.Architecture.Tests;

/// <summary>Rules about names and files that a reader would otherwise have to keep in mind.</summary>
public sealed partial class RepositoryRuleTests
{
    private const int Timeout = 5_000;

    [Fact]
    public void Folders_and_files_have_names_that_say_what_is_in_them()
    {
        var nameless = Repository.Folders().Concat(Repository.Files(".cs", ".ts", ".tsx", ".mjs").Select(path => Path.ChangeExtension(path, null)!))
            .Where(path => SaysNothing().IsMatch(Path.GetFileName(path)));

        Assert.Empty(nameless);
    }

    [Fact]
    public void Types_have_names_that_say_what_they_do()
    {
        var nameless = from path in Repository.Files(".cs")
                       from Match match in TypeDeclaration().Matches(Repository.Read(path))
                       let name = match.Groups["name"].Value
                       where SaysNothing().IsMatch(name)
                       select $"{path}: {name}";

        Assert.Empty(nameless);
    }

    [Fact]
    public void Nothing_outside_the_repository_is_read()
    {
        var outside = from path in Repository.Files(".cs", ".csproj", ".props", ".targets", ".mjs", ".ts", ".sh", "")
                      where !path.EndsWith(nameof(RepositoryRuleTests) + ".cs", StringComparison.Ordinal)
                      where OutsidePath().IsMatch(Repository.Read(path))
                      select path;

        Assert.Empty(outside);
    }

    [Fact]
    public void Every_package_version_is_exact_and_central()
    {
        var floating = from path in Repository.Files(".csproj", ".props")
                       from Match match in PackageVersion().Matches(Repository.Read(path))
                       where match.Groups["tag"].Value == "Reference" || match.Groups["version"].Value.AsSpan().ContainsAny("*[(,")
                       select $"{path}: {match.Value}";

        Assert.Empty(floating);
    }

    [Fact]
    public void Every_project_has_a_lock_file()
    {
        var unlocked = Repository.Files(".csproj").Where(path => !File.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, "packages.lock.json")));

        Assert.Empty(unlocked);
    }

    [GeneratedRegex("^(.*[a-z0-9]|)(Helpers?|Utils?|Utilit(y|ies)|Managers?|Common|Misc|Models)$", RegexOptions.ExplicitCapture, Timeout)]
    private static partial Regex SaysNothing();

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|protected|static|sealed|abstract|partial|readonly|ref|file)\s+)*(?:class|record|struct|interface|enum|record\s+struct|record\s+class)\s+(?<name>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Timeout)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\.\./shared\b|/work/|\bshared/(wire|vectors|design)/", RegexOptions.ExplicitCapture, Timeout)]
    private static partial Regex OutsidePath();

    [GeneratedRegex("""<Package(?<tag>Reference|Version) [^>]*Version="(?<version>[^"]*)"[^>]*>""", RegexOptions.ExplicitCapture, Timeout)]
    private static partial Regex PackageVersion();
}
