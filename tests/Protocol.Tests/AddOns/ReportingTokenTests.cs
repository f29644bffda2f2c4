using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.AddOns;

public sealed class ReportingTokenTests
{
    private static readonly Jid Sender = Jid.Parse("111222333444555@lid");
    private static readonly Jid Chat = Jid.Parse("999888777666555@lid");
    private static readonly ByteString Secret = ByteString.CopyFrom(new byte[32]);

    [Fact]
    public void Reactions_votes_and_event_responses_carry_no_token()
    {
        Assert.Null(TokenOf(new Message { ReactionMessage = new() { Text = "x" } }));
        Assert.Null(TokenOf(new Message { EncReactionMessage = new() }));
        Assert.Null(TokenOf(new Message { PollUpdateMessage = new() }));
        Assert.Null(TokenOf(new Message { EncEventResponseMessage = new() }));
    }

    [Fact]
    public void A_message_without_a_secret_carries_no_token()
    {
        var message = new Message { Conversation = "x" };
        Assert.Null(ReportingToken.For(message, message.ToByteArray(), "ID1", Sender, Chat));
    }

    [Fact]
    public void A_wrapped_message_is_reported_by_the_whole_table()
    {
        // 37{1*}: viewOnceMessage{message{imageMessage{…}}}; 2 url is dropped inside, 3 caption stays.
        var image = new Message.Types.ImageMessage { Url = "https://x", Caption = "cap" };
        var direct = new Message { ImageMessage = image };
        var wrapped = new Message { ViewOnceMessage = new() { Message = direct } };

        var inner = ReportedFields.Of(direct.ToByteArray());
        var outer = ReportedFields.Of(wrapped.ToByteArray());

        Assert.Equal([0x1a, 0x05, 0x1a, 0x03, (byte)'c', (byte)'a', (byte)'p'], inner);
        Assert.Equal([0xaa, 0x02, 0x09, 0x0a, 0x07, .. inner], outer);
    }

    [Fact]
    public void Fields_are_sorted_by_number_and_repeated_ones_keep_their_order() =>
        Assert.Equal([0x0a, 0x01, 0x41, 0x0a, 0x01, 0x42, 0x32, 0x03, 0x0a, 0x01, 0x43],
            ReportedFields.Of([0x32, 0x03, 0x0a, 0x01, 0x43, 0x0a, 0x01, 0x41, 0x0a, 0x01, 0x42]));

    [Theory, InlineData("0a05"), InlineData("ff"), InlineData("07"), InlineData("0affffffffffffffffff01")]
    public void Malformed_bytes_cover_nothing(string hex) => Assert.Empty(ReportedFields.Of(Convert.FromHexString(hex)));

    private static Node? TokenOf(Message message)
    {
        message.MessageContextInfo = new MessageContextInfo { MessageSecret = Secret };
        return ReportingToken.For(message, message.ToByteArray(), "ID1", Sender, Chat);
    }
}
