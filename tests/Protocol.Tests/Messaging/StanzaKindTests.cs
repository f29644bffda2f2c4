using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Messaging.Composers;
using WhatsApp.Protocol.Schema;
using Jid = WhatsApp.Protocol.Binary.Jid;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class StanzaKindTests
{
    private static readonly Jid Chat = Jid.Parse("123@lid");
    private static readonly TargetMessage Ours = new("3EB0A", Chat, Jid.Parse("1@lid"), true, new Message { Conversation = "oi" });
    private static readonly TargetMessage Theirs = Ours with { Author = Chat, FromMe = false };

    [Fact]
    public void Each_kind_of_content_has_the_attributes_of_the_table()
    {
        Check(TextComposer.Compose(new OutgoingText("x")), "text", null, null, hide: false);
        Check(TextComposer.Compose(new OutgoingText("x https://a.example") { Preview = new LinkPreview("https://a.example", "A") }), "media", "url", null, hide: false);
        Check(LocationComposer.Compose(new OutgoingLocation(1, 2)), "media", "location", null, hide: false);
        Check(ContactComposer.Compose(new OutgoingContacts([new ContactCard("A", "5511")])), "media", "vcard", null, hide: false);
        Check(ContactComposer.Compose(new OutgoingContacts([new ContactCard("A", "5511"), new ContactCard("B", "5512")])), "media", "contact_array", null, hide: false);
        Check(ReactionComposer.Compose(Theirs, "👍", 1), "reaction", null, null, hide: true);
        Check(ReactionComposer.Compose(Theirs, "", 1), "reaction", null, "7", hide: true);
        Check(EditComposer.Compose(Ours, "y", null, 1)!, "text", null, "1", hide: true);
        Check(RevokeComposer.Compose(Ours), "text", null, "7", hide: false);
        Check(RevokeComposer.Compose(Theirs), "text", null, "8", hide: false);
        Check(PollComposer.Compose(new OutgoingPoll("q", ["a", "b"], 1)), "poll", null, null, hide: false);
        Assert.Equal(("polltype", "creation"), StanzaKind.Of(PollComposer.Compose(new OutgoingPoll("q", ["a", "b"], 0))).Meta);
    }

    [Fact]
    public void Wrappers_are_looked_through()
    {
        var inner = new Message { ImageMessage = new() };
        Check(new Message { EphemeralMessage = new() { Message = inner } }, "media", "image", null, hide: false);
        Check(new Message { EditedMessage = new() { Message = new Message { Conversation = "x" } } }, "text", null, "1", hide: true);
        Assert.Equal(("view_once", "true"), StanzaKind.Of(new Message { ViewOnceMessageV2 = new() { Message = inner } }).Meta);
    }

    [Fact]
    public void A_link_with_a_preview_is_media_and_a_blank_one_is_not()
    {
        Check(new Message { ExtendedTextMessage = new() { Text = "https://a.b", MatchedText = "https://a.b" } }, "media", "url", null, hide: false);
        Check(new Message { ExtendedTextMessage = new() { Text = "x", MatchedText = " " } }, "text", null, null, hide: false);
    }

    [Fact]
    public void A_name_cannot_add_fields_to_a_vcard()
    {
        var card = ContactComposer.Vcard(new ContactCard("A\nTEL:666;x,y\\z", "5511"));
        Assert.Single(card.Split('\n'), line => line.StartsWith("TEL", StringComparison.Ordinal));
        Assert.Contains("FN:A\\nTEL:666\\;x\\,y\\\\z\n", card, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forward_loses_quote_and_secret_and_counts_up()
    {
        var content = new Message { ExtendedTextMessage = new() { Text = "x", ContextInfo = new() { StanzaId = "q", ForwardingScore = 3, IsForwarded = true } }, MessageContextInfo = MessageSecret.New() };
        var forward = ForwardComposer.Compose(Theirs with { Content = content })!;
        Assert.Equal(4u, forward.ExtendedTextMessage.ContextInfo.ForwardingScore);
        Assert.False(forward.ExtendedTextMessage.ContextInfo.HasStanzaId);
        Assert.Null(forward.MessageContextInfo);
        Assert.Null(ForwardComposer.Compose(Theirs with { Content = ReactionComposer.Compose(Ours, "x", 1) }));
    }

    private static void Check(Message message, string type, string? mediaType, string? edit, bool hide)
    {
        var kind = StanzaKind.Of(message);
        Assert.Equal((type, mediaType, edit, hide), (kind.Type, kind.MediaType, kind.Edit, kind.HideFailure));
    }
}
