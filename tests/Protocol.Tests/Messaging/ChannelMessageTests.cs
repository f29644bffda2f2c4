using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Tests.Messaging.Relay;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class ChannelMessageTests
{
    private const string Channel = "120363111111111111@newsletter";

    private static Node Post(string id, string? text, string? edit = null) =>
        new("message", [("id", id), ("from", Channel), ("server_id", "77"), ("type", "text"), ("t", "1700000000"), ("edit", edit)],
            [new Node("plaintext", [], text is null ? [] : new Message { Conversation = text }.ToByteArray())]);

    [Fact]
    public async Task A_post_its_edit_and_its_deletion_are_each_told_once_and_answered_with_a_plain_ack()
    {
        var ana = await new RelayNetwork().AddAccount("5511900000001", "101").AddDeviceAsync(1);

        ana.DeliverBatch([Post("N1", "news"), Post("N1", "news"), Post("N1", "better news", "3"), Post("N1", "better news", "3"), Post("N1", null, "8"), Post("N1", null, "8")]);
        await ana.UntilAsync(device => device.Arrived.Count >= 3);

        Assert.Equal([("text", "news"), ("edited", "better news"), ("revoked", null)], ana.Arrived.Select(post => (post.Type, post.Text)));
        Assert.All(ana.Arrived, post => Assert.Equal((Channel, "77", null, false), (post.Chat.ToString(), post.ServerId, post.Participant, post.FromMe)));
        Assert.Equal([null, "N1", "N1"], ana.Arrived.Select(post => post.Target?.MessageId));
        Assert.Equal(6, ana.Sent.Count(node => node.Tag == "ack" && node["class"] == "message" && node["to"] == Channel && node["error"] is null));
        Assert.DoesNotContain(ana.Sent, node => node.Tag == "receipt");
        Assert.Null(ana.PumpFailure);
    }

    [Fact]
    public async Task What_is_no_message_is_told_as_unsupported_with_its_bytes()
    {
        var ana = await new RelayNetwork().AddAccount("5511900000001", "101").AddDeviceAsync(1);

        ana.Deliver(new Node("message", [("id", "N1"), ("from", Channel), ("t", "1700000000")], [new Node("plaintext", [], new byte[] { 0xFF, 0xFF })]));
        await ana.UntilAsync(device => device.Arrived.Count == 1);

        Assert.Equal("unsupported", ana.Arrived[0].Type);
        Assert.Equal([0xFF, 0xFF], ana.Arrived[0].Raw!);
    }
}
