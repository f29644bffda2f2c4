namespace WhatsApp.Architecture.Tests;

/// <summary>The source tree this test assembly was built from.</summary>
internal static class Repository
{
    private static readonly string[] Foreign = ["bin", "obj", ".git", "node_modules", "artifacts", "data", "TestResults"];

    /// <summary>Absolute path of the folder with Cluster.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Our own files with one of these extensions (".cs"), as paths relative to the root with '/'.</summary>
    public static IEnumerable<string> Files(params string[] extensions) =>
        FilesBelow(Root).Where(path => extensions.Contains(Path.GetExtension(path))).Order(StringComparer.Ordinal);

    /// <summary>Our own folders, as paths relative to the root with '/'.</summary>
    public static IEnumerable<string> Folders() =>
        FilesBelow(Root).Select(path => Path.GetDirectoryName(path)!).Where(path => path.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>A file's text.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<string> FilesBelow(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        foreach (var child in Directory.EnumerateDirectories(folder).Where(child => !Foreign.Contains(Path.GetFileName(child))))
            foreach (var file in FilesBelow(child))
                yield return file;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
                return folder.FullName;
        throw new InvalidOperationException("Cluster.sln is in no folder above " + AppContext.BaseDirectory);
    }
}
