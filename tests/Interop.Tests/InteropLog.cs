namespace WhatsApp.Interop.Tests;

/// <summary>
/// Notes what was seen to work, one line each, in the file INTEROP_LOG names: <c>endpoint TAB to|from TAB library</c>.
/// <c>tests/interop-report.mjs</c> makes the README's table of it.
/// </summary>
internal static class InteropLog
{
    private static readonly Lock Gate = new();
    private static readonly string? Path = Environment.GetEnvironmentVariable("INTEROP_LOG");

    /// <summary>Our instance sent it and the library decrypted it.</summary>
    public static void SentTo(ThirdPartyLibrary library, string endpoint) => Note(endpoint, "to", library);

    /// <summary>The library sent it and our webhook told it.</summary>
    public static void ReceivedFrom(ThirdPartyLibrary library, string endpoint) => Note(endpoint, "from", library);

    private static void Note(string endpoint, string direction, ThirdPartyLibrary library)
    {
        if (Path is not { Length: > 0 })
            return;
        lock (Gate)
            File.AppendAllText(Path, $"{endpoint}\t{direction}\t{library}\n");
    }
}
