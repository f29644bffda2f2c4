using System.Runtime.CompilerServices;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>
/// Files of <c>Recorded/</c>: made once by the version they bear, kept for good. To record a later version as well:
/// <c>RECORD_STATE=1 dotnet run --project tests/Grains.Tests -- -namespace WhatsApp.Grains.Tests.Upgrades</c>.
/// </summary>
internal static class Recording
{
    public static bool IsWanted => Environment.GetEnvironmentVariable("RECORD_STATE") is "1";

    public static string Text(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Upgrades", "Recorded", name));

    public static IReadOnlyList<string> Lines(string name) => [.. Text(name).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Into the source folder.</summary>
    public static void Write(string name, string text, [CallerFilePath] string source = "") => File.WriteAllText(Path.Combine(Path.GetDirectoryName(source)!, "Recorded", name), text);
}
