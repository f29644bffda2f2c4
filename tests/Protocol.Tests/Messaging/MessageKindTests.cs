using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using Future = WhatsApp.Protocol.Schema.Message.Types.FutureProofMessage;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>What events say about each kind of message that a person can send.</summary>
public sealed class MessageKindTests
{
    private static async Task<MessageInfo> ReceiveAsync(Message content)
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        await RawSend.SendAsync(bob, ana, content);
        await ana.UntilAsync(device => device.Arrived.Count == 1);
        return ana.Arrived[0];
    }

    public static TheoryData<string, Message, string?, string?, string?, string?> Replies => new()
    {
        { "listReply", new Message { ListResponseMessage = new() { Title = "Large", Description = "40 cm", SingleSelectReply = new() { SelectedRowId = "row-3" } } }, "Large", "row-3", "Large", "40 cm" },
        { "listReply", new Message { ListResponseMessage = new() }, null, null, null, null },
        { "buttonReply", new Message { ButtonsResponseMessage = new() { SelectedButtonId = "yes", SelectedDisplayText = "Yes!" } }, "Yes!", "yes", "Yes!", null },
        { "buttonReply", new Message { TemplateButtonReplyMessage = new() { SelectedId = "t1", SelectedDisplayText = "Track" } }, "Track", "t1", "Track", null },
        { "buttonReply", Flow("""{"id":"f1","description":"d"}""", "Pay"), "Pay", "f1", "Pay", "d" },
        { "buttonReply", Flow("""{"id":7}""", "Pay"), "Pay", null, "Pay", null },
        { "buttonReply", Flow("{broken", "Pay"), "Pay", null, "Pay", null },
        { "buttonReply", Flow("[1]", "Pay"), "Pay", null, "Pay", null },
    };

    private static Message Flow(string json, string text) => new() { InteractiveResponseMessage = new() { Body = new() { Text = text }, NativeFlowResponseMessage = new() { Name = "quick_reply", ParamsJson = json } } };

    [Theory, MemberData(nameof(Replies))]
    public async Task A_reply_says_what_was_chosen(string type, Message content, string? text, string? id, string? title, string? description)
    {
        var told = await ReceiveAsync(content);
        Assert.Equal((type, text, new ReplyInfo(id, title, description)), (told.Type, told.Text, told.Reply));
    }

    [Fact]
    public async Task A_message_that_came_from_an_advertisement_names_it()
    {
        var ad = new ContextInfo { ExternalAdReply = new() { SourceUrl = "https://fb.me/1", SourceId = "120", SourceType = "ad", Title = "Shoes", Body = "Half price", CtwaClid = "ARAk" } };
        var told = await ReceiveAsync(new Message { ExtendedTextMessage = new() { Text = "I saw this", ContextInfo = ad } });
        Assert.Equal(new AdReferralInfo("https://fb.me/1", "120", "Shoes", "Half price", "ARAk") { SourceType = "ad" }, told.AdReferral);
        Assert.Null((await ReceiveAsync(new Message { ExtendedTextMessage = new() { Text = "preview", ContextInfo = new() { ExternalAdReply = new() { Title = "no ad" } } } })).AdReferral);
    }

    [Fact]
    public async Task A_forwarded_disappearing_text_says_both()
    {
        var told = await ReceiveAsync(new Message { EphemeralMessage = new Future { Message = new Message { ExtendedTextMessage = new() { Text = "x", ContextInfo = new() { ForwardingScore = 5, IsForwarded = true, Expiration = 86400 } } } } });
        Assert.Equal(("text", 5, 86400), (told.Type, told.ForwardScore, told.EphemeralExpiration));
    }

    [Fact]
    public async Task Events_products_orders_and_invitations_are_told_in_words()
    {
        var happening = await ReceiveAsync(new Message { EventMessage = new() { Name = "Party", Description = "Bring cake", StartTime = 1_800_000_000, Location = new() { DegreesLatitude = 1, DegreesLongitude = 2, Name = "Here" }, IsCanceled = true } });
        Assert.Equal(("event", "Party", "Bring cake", 1_800_000_000L, true, "Here"), (happening.Type, happening.Event!.Name, happening.Event.Description, happening.Event.StartsAt, happening.Event.Canceled, happening.Event.Location!.Name));
        Assert.Null(happening.Event.EndsAt);
        var product = await ReceiveAsync(new Message { ProductMessage = new() { BusinessOwnerJid = "5511900000009@s.whatsapp.net", Product = new() { ProductId = "p1", Title = "Shoe", CurrencyCode = "BRL", PriceAmount1000 = 99_900 } } });
        Assert.Equal(("product", "Shoe", "p1", 99.9m, "5511900000009@s.whatsapp.net"), (product.Type, product.Text, product.Product!.Id, product.Product.Price, product.Product.Seller.ToString()));
        var order = await ReceiveAsync(new Message { OrderMessage = new() { OrderId = "o1", Token = "t", ItemCount = 3, TotalAmount1000 = 1500, TotalCurrencyCode = "EUR", Message = "please" } });
        Assert.Equal(("order", "please", new OrderInfo("o1", "t", null, 3, "EUR", 1.5m, null)), (order.Type, order.Text, order.Order));
        var invite = await ReceiveAsync(new Message { GroupInviteMessage = new() { GroupJid = "120363000000000001@g.us", GroupName = "Family", InviteCode = "abc", InviteExpiration = 1_800_000_000, Caption = "join" } });
        Assert.Equal(("groupInvite", "join", new GroupInviteInfo(Jid.Parse("120363000000000001@g.us"), "Family", "abc", 1_800_000_000)), (invite.Type, invite.Text, invite.GroupInvite));
    }

    [Fact]
    public async Task A_kind_without_a_name_in_the_contract_is_unsupported_with_its_kind_and_its_bytes()
    {
        foreach (var (content, kind) in new (Message, string?)[]
        {
            (new Message { StickerPackMessage = new() { Caption = "pack" } }, "sticker_pack"), (new Message { RequestPhoneNumberMessage = new() }, "phone_number_request"),
            (new Message { InvoiceMessage = new() }, "invoice"), (new Message { AlbumMessage = new() }, "album"), (new Message { ConditionalRevealMessage = new() }, null),
        })
        {
            var told = await ReceiveAsync(content);
            Assert.Equal(("unsupported", kind), (told.Type, told.Subtype));
            Assert.NotNull(told.Raw);
        }
    }

    [Fact]
    public async Task Wrappers_are_looked_through_to_a_depth_and_what_is_deeper_is_still_told()
    {
        Message Wrapped(int layers)
        {
            var message = new Message { Conversation = "inside" };
            for (var i = 0; i < layers; i++)
                message = i % 2 == 0 ? new Message { EphemeralMessage = new Future { Message = message } } : new Message { BotInvokeMessage = new Future { Message = message } };
            return message;
        }
        Assert.Equal("inside", (await ReceiveAsync(Wrapped(8))).Text);
        var deep = await ReceiveAsync(Wrapped(20));
        Assert.Equal("unsupported", deep.Type);
        Assert.NotNull(deep.Raw);
    }

    public static TheoryData<string> WrapperFields => [.. Message.Descriptor.Fields.InDeclarationOrder()
        .Where(one => one.FieldType == Google.Protobuf.Reflection.FieldType.Message && one.MessageType == Future.Descriptor).Select(one => one.Name)];

    [Theory, MemberData(nameof(WrapperFields))]
    public void Every_wrapper_of_the_schema_is_looked_through(string name)
    {
        var message = new Message();
        Message.Descriptor.FindFieldByName(name).Accessor.SetValue(message, new Future { Message = new Message { Conversation = "inside" } });
        var content = WhatsApp.Protocol.Messaging.MessageReader.Read(message);
        // one wrapper has no place in wire/04 §13.1
        if (name != "botPlatformRegistrationSuccessMessage")
            Assert.Equal("inside", content.Text);
        else
            Assert.Equal("unsupported", content.Type);
    }
}
