using System.Reflection;
using System.Xml.Linq;

namespace WhatsApp.Architecture.Tests;

/// <summary>Which project may know which: Gateway → Silo → Grains → Grains.Abstractions, Protocol. Nothing points back.</summary>
public sealed class ProjectArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Protocol/Schema/Schema.csproj"] = [],
        ["Protocol/Protocol.csproj"] = ["Schema"],
        ["Grains.Abstractions/Grains.Abstractions.csproj"] = [],
        ["Grains/Grains.csproj"] = ["Grains.Abstractions", "Protocol"],
        ["Silo/Silo.csproj"] = ["Grains", "Grains.Abstractions", "Protocol"],
        ["Gateway/Gateway.csproj"] = ["Grains.Abstractions", "Silo"],
    };

    [Fact]
    public void Every_shipped_project_has_its_place_in_the_arrows()
    {
        var shipped = Repository.Files(".csproj").Where(path => !path.StartsWith("tests/", StringComparison.Ordinal));

        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), shipped);
    }

    [Fact]
    public void Projects_refer_only_along_the_arrows()
    {
        var wrong = from project in Allowed.Keys
                    from reference in XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference")
                    let name = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)
                    where !Allowed[project].Contains(name)
                    select $"{project} → {name}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Protocol_knows_no_host_framework_and_no_database() =>
        Assert.DoesNotContain(ReferencesOf("WhatsApp.Protocol"), IsHostOrDatabase);

    [Fact]
    public void Contracts_know_no_web_framework_and_no_database() =>
        Assert.DoesNotContain(ReferencesOf("WhatsApp.Grains.Abstractions"), name => IsHostOrDatabase(name) && !IsOrleans(name));

    [Fact]
    public void Contract_project_holds_no_grain_classes()
    {
        var grains = Assembly.Load("WhatsApp.Grains.Abstractions").GetTypes()
            .Where(type => type.IsClass && !type.IsAbstract && typeof(Orleans.IGrain).IsAssignableFrom(type) && type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true);

        Assert.Empty(grains);
    }

    [Fact]
    public void Gateway_reaches_into_the_silo_from_one_file_only()
    {
        var files = Repository.Files(".cs").Where(path => path.StartsWith("Gateway/", StringComparison.Ordinal))
            .Where(path => Repository.Read(path).Contains("WhatsApp.Silo", StringComparison.Ordinal));

        Assert.InRange(files.Count(), 0, 1);
    }

    private static IEnumerable<string> ReferencesOf(string assembly) =>
        Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name!);

    private static bool IsHostOrDatabase(string name) =>
        IsOrleans(name) || name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || name.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.Data", StringComparison.Ordinal) || name.StartsWith("System.Data", StringComparison.Ordinal)
        || name.StartsWith("Npgsql", StringComparison.Ordinal) || name.StartsWith("StackExchange", StringComparison.Ordinal);

    private static bool IsOrleans(string name) => name.StartsWith("Orleans", StringComparison.Ordinal);
}
