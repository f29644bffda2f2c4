using System.Text.Json;

namespace WhatsApp.Protocol.Tests.Vectors;

/// <summary>Reads our copies of the vector files and keeps count of which vectors ran, for the report of <c>tests/run</c>.</summary>
internal static class VectorFile
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Vectors");

    /// <summary>A vector file's root element.</summary>
    public static JsonElement Load(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name)), new() { MaxDepth = 1024 });
        return document.RootElement.Clone();
    }

    /// <summary>
    /// Records that a vector ran and passed (call it after the assertions). <paramref name="id"/> is unique within the file.
    /// Appends to $VECTOR_LOG when set: one line "file TAB id".
    /// </summary>
    public static void Ran(string file, string id)
    {
        if (Environment.GetEnvironmentVariable("VECTOR_LOG") is { Length: > 0 } log)
            lock (Folder)
                File.AppendAllText(log, $"{file}\t{id}\n");
    }

    /// <summary>Lower-case hex property as bytes.</summary>
    public static byte[] Hex(this JsonElement element, string property) => Convert.FromHexString(element.GetProperty(property).GetString()!);
}
