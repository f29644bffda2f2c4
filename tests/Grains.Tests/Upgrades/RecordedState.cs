using System.Text.Json;
using System.Text.Json.Nodes;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>The whole database of one instance as an earlier version left it, what that version read from it, and what its contacts sent next.</summary>
/// <param name="SchemaVersion">Of the tables.</param>
/// <param name="Tables">Rows of every table, columns by name; bytes as \x hex.</param>
/// <param name="Reads">What the stores answered, see <see cref="RecordedReads"/>.</param>
/// <param name="NextMessage">A WhisperMessage the recorded session can decrypt.</param>
/// <param name="NextGroupMessage">An skmsg the recorded sender key can decrypt.</param>
internal sealed record RecordedState(int SchemaVersion, Dictionary<string, JsonArray> Tables, JsonObject Reads, byte[] NextMessage, byte[] NextGroupMessage)
{
    /// <summary>Text of both messages.</summary>
    public const string NextText = "what came after the recording";
    /// <summary>The data key of the recording.</summary>
    public static readonly string DataKey = new('e', 64);

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    /// <summary>The oldest version whose state this program must read.</summary>
    public static RecordedState Load(string database) => JsonSerializer.Deserialize<RecordedState>(Recording.Text($"state-007-{database}.json"), Options)!;

    public void Save(string database) => Recording.Write($"state-{SchemaVersion:D3}-{database}.json", JsonSerializer.Serialize(this, Options) + "\n");

    /// <summary>Everything recorded is there with the same value; later versions may know more.</summary>
    public static void AssertContains(JsonNode? recorded, JsonNode? now, string path = "")
    {
        switch (recorded)
        {
            case JsonObject fields:
                var found = Assert.IsType<JsonObject>(now);
                foreach (var (name, value) in fields)
                    AssertContains(value, found[name], $"{path}/{name}");
                break;
            case JsonArray items:
                var list = Assert.IsType<JsonArray>(now);
                Assert.True(items.Count == list.Count, $"{path}: {items.Count} recorded, {list.Count} read");
                for (var i = 0; i < items.Count; i++)
                    AssertContains(items[i], list[i], $"{path}/{i}");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(recorded, now), $"{path}: {recorded?.ToJsonString() ?? "null"} recorded, {now?.ToJsonString() ?? "null"} read");
                break;
        }
    }
}
