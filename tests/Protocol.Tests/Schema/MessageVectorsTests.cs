using System.Text.Json;
using Google.Protobuf;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Schema;

/// <summary>All cases of proto-messages.json.</summary>
public class MessageVectorsTests
{
    private const string File = "proto-messages.json";

    private static readonly Dictionary<string, JsonElement> Cases =
        VectorFile.Load(File).GetProperty("cases").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!);

    public static TheoryData<string> Names() => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_message_parses_to_the_known_fields_and_encodes_to_the_same_bytes(string name)
    {
        var bytes = Cases[name].Hex("bytes");

        var message = Message.Parser.ParseFrom(bytes);

        Assert.Empty(ProtoJson.Differences(message, Cases[name].GetProperty("json")));
        Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(message.ToByteArray()));
        VectorFile.Ran(File, name);
    }

    [Fact]
    public void The_comparison_sees_a_missing_field_an_extra_field_and_another_value()
    {
        var expected = JsonDocument.Parse("""{"conversation":"a","chat":{"id":"x"}}""").RootElement;

        var differences = ProtoJson.Differences(new Message { Conversation = "b", Call = new() }, expected);

        Assert.Equal(
            ["Message.conversation: b, expected a", "Message.call: present, expected absent", "Message.chat: absent, expected present"],
            differences);
    }
}
