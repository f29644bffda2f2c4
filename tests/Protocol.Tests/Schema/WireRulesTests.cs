using Google.Protobuf;
using Google.Protobuf.Reflection;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Schema;

/// <summary>"Rules the wire depends on" of proto-subset.md.</summary>
public class WireRulesTests
{
    private static readonly FileDescriptor[] Files =
        [.. typeof(Message).Assembly.GetTypes().Where(t => t.Name.EndsWith("Reflection", StringComparison.Ordinal) && t.Namespace == typeof(Message).Namespace)
            .Select(t => (FileDescriptor)t.GetProperty("Descriptor")!.GetValue(null)!)];

    private static IEnumerable<MessageDescriptor> AllMessages()
    {
        var open = new Stack<MessageDescriptor>(Files.SelectMany(f => f.MessageTypes));
        while (open.TryPop(out var message))
        {
            yield return message;
            foreach (var nested in message.NestedTypes)
                open.Push(nested);
        }
    }

    [Fact]
    public void A_zero_false_or_empty_value_that_is_set_is_written() =>
        Assert.Equal("0a00120020005000", Convert.ToHexStringLower(
            new Message.Types.PollCreationMessage { EncKey = ByteString.Empty, Name = "", SelectableOptionsCount = 0, HideParticipantName = false }.ToByteArray()));

    [Fact]
    public void An_unset_value_is_not_written_and_says_so()
    {
        var poll = new Message.Types.PollCreationMessage { SelectableOptionsCount = 0 };

        Assert.Equal("2000", Convert.ToHexStringLower(poll.ToByteArray()));
        Assert.True(poll.HasSelectableOptionsCount);
        Assert.False(poll.HasName);
    }

    [Fact]
    public void No_field_is_required() =>
        Assert.DoesNotContain(AllMessages().SelectMany(m => m.Fields.InDeclarationOrder()), f => f.IsRequired);

    [Fact]
    public void Only_the_four_known_lists_are_packed() =>
        Assert.Equal(
            [
                "whatsapp.ADVKeyIndexList.validIndexes", "whatsapp.DeviceListMetadata.recipientKeyIndexes",
                "whatsapp.DeviceListMetadata.senderKeyIndexes", "whatsapp.Message.AppStateSyncKeyFingerprint.deviceIndexes",
            ],
            AllMessages().SelectMany(m => m.Fields.InDeclarationOrder()).Where(f => f.IsPacked).Select(f => f.FullName).Order(StringComparer.Ordinal));

    [Fact]
    public void A_list_is_read_packed_or_not_whichever_way_it_is_declared()
    {
        byte[] packed = [0x22, 0x02, 0x01, 0x02];
        byte[] unpacked = [0x20, 0x01, 0x20, 0x02];

        Assert.Equal([1u, 2u], ADVKeyIndexList.Parser.ParseFrom(unpacked).ValidIndexes);
        Assert.Equal(packed, ADVKeyIndexList.Parser.ParseFrom(unpacked).ToByteArray());

        var reordering = SyncActionValue.Types.LabelReorderingAction.Parser.ParseFrom(new byte[] { 0x0a, 0x02, 0x01, 0x02 });
        Assert.Equal([1, 2], reordering.SortedLabelIds);
        Assert.Equal([0x08, 0x01, 0x08, 0x02], reordering.ToByteArray());
    }

    [Fact]
    public void Unknown_fields_survive_a_round_trip()
    {
        byte[] bytes = [0x0a, 0x01, (byte)'a', 0xc2, 0xbb, 0x01, 0x01, (byte)'z'];

        Assert.Equal(bytes, Message.Parser.ParseFrom(bytes).ToByteArray());
    }

    [Fact]
    public void An_unknown_enum_value_is_kept()
    {
        byte[] bytes = [0x10, 0xe7, 0x07];

        var protocol = Message.Types.ProtocolMessage.Parser.ParseFrom(bytes);

        Assert.Equal(999, (int)protocol.Type);
        Assert.Equal(bytes, protocol.ToByteArray());
    }

    [Fact]
    public void A_message_missing_what_whatsmeow_calls_required_is_still_written_and_read()
    {
        var bytes = new WebMessageInfo { PushName = "a" }.ToByteArray();

        Assert.Null(WebMessageInfo.Parser.ParseFrom(bytes).Key);
    }
}
