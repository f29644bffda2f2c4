using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Groups;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class ReadReceiptTests
{
    private static readonly Jid _group = Jid.Parse("120363020000000001@g.us");
    private static readonly Jid _ana = Jid.Parse("101@lid");
    private static readonly Jid _bia = Jid.Parse("102@lid");

    private static StoredMessage Row(Jid chat, Jid author, string id, long at) => new(new MessageKey(chat, author, id), false, MessageStatus.Received, at, "text");

    private static string[] Receipts(Jid to, params StoredMessage[] rows) => [.. ReadReceipts.Of(rows, to, "read", 1700000000).Select(IqJson.Canonical)];

    [Fact]
    public void One_message_is_named_in_the_receipt_itself() =>
        Assert.Equal(["<receipt id=A t=1700000000 to=101@lid type=read></>"], Receipts(_ana, Row(_ana, _ana, "A", 1)));

    [Fact]
    public void More_messages_of_one_author_are_listed_in_order_of_time() =>
        Assert.Equal(["<receipt id=A t=1700000000 to=101@lid type=read><list><item id=B></><item id=C></></></>"],
            Receipts(_ana, Row(_ana, _ana, "C", 3), Row(_ana, _ana, "A", 1), Row(Jid.Parse("5511@s.whatsapp.net"), Jid.Parse("5511@s.whatsapp.net"), "B", 2)));

    [Fact]
    public void In_a_group_every_author_gets_a_receipt() =>
        Assert.Equal(
        [
            "<receipt id=A participant=101@lid t=1700000000 to=120363020000000001@g.us type=read><list><item id=C></></></>",
            "<receipt id=B participant=102@lid t=1700000000 to=120363020000000001@g.us type=read></>",
        ], Receipts(_group, Row(_group, _ana, "A", 1), Row(_group, _bia, "B", 2), Row(_group, _ana, "C", 3)));

    [Fact]
    public void Long_lists_are_cut()
    {
        var receipts = ReadReceipts.Of(Enumerable.Range(0, 600).Select(i => Row(_ana, _ana, $"M{i}", i)), _ana, "read", 1).ToList();
        Assert.Equal([256, 256, 88], receipts.Select(receipt => 1 + receipt.Child("list")!.Children.Count));
    }
}
