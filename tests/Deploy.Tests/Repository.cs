using System.Text.RegularExpressions;

namespace WhatsApp.Deploy.Tests;

/// <summary>The source tree this test assembly was built from.</summary>
internal static partial class Repository
{
    private static readonly string[] Product = ["Protocol", "Grains.Abstractions", "Grains", "Silo", "Gateway"];

    // Of .NET itself, and of the servers beside us.
    private static readonly string[] Foreign =
        ["ASPNETCORE_HTTP_PORTS", "DOTNET_EnableDiagnostics"];

    private static readonly Lazy<HashSet<string>> Names = new(ReadNames);

    /// <summary>Absolute path of the folder with Cluster.sln.</summary>
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    /// <summary>True when the product's code has this name of a setting in it; parts of <c>A__B__0</c> one by one.</summary>
    public static bool IsSetting(string name) =>
        Foreign.Contains(name) || name.Split("__").All(part => Names.Value.Contains(part) || part.All(char.IsAsciiDigit));

    private static HashSet<string> ReadNames() =>
    [
        .. from folder in Product
           from file in Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
           where !file.Contains("/obj/", StringComparison.Ordinal)
           from Match literal in Literal().Matches(File.ReadAllText(file))
           from part in literal.Groups["text"].Value.Split(':')
           select part,
    ];

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
                return folder.FullName;
        throw new InvalidOperationException("Cluster.sln is in no folder above " + AppContext.BaseDirectory);
    }

    [GeneratedRegex("""
        "(?<text>[A-Za-z][A-Za-z0-9_:{}]*)"
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace, 5000)]
    private static partial Regex Literal();
}
