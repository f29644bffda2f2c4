using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Tests.Connection;

/// <summary>The table of wire/01 §10.</summary>
public class StanzaAckTests
{
    private static readonly Jid Self = Jid.Parse("5511999990000:7@s.whatsapp.net");

    [Fact]
    public void A_message_is_acked_with_our_address_and_without_type() => AssertAck(
        "<ack id=\"1\" class=\"message\" to=\"a@g.us\" participant=\"b@lid\" recipient=\"c@lid\" from=\"5511999990000:7@s.whatsapp.net\"/>",
        new Node("message", ("id", "1"), ("from", "a@g.us"), ("participant", "b@lid"), ("recipient", "c@lid"), ("type", "text")));

    [Fact]
    public void A_refused_message_keeps_its_type_and_names_the_error() => Assert.Equal(
        "<ack id=\"1\" class=\"message\" to=\"b@lid\" type=\"text\" from=\"5511999990000:7@s.whatsapp.net\" error=\"500\"/>",
        StanzaAck.Of(new Node("message", ("id", "1"), ("from", "b@lid"), ("type", "text")), Self, StanzaAck.Unhandled).ToString());

    [Fact]
    public void A_newsletter_message_keeps_its_type() => AssertAck(
        "<ack id=\"1\" class=\"message\" to=\"1@newsletter\" type=\"text\" from=\"5511999990000:7@s.whatsapp.net\"/>",
        new Node("message", ("id", "1"), ("from", "1@newsletter"), ("type", "text")));

    [Fact]
    public void A_receipt_without_type_gets_an_ack_without_type() => AssertAck(
        "<ack id=\"1\" class=\"receipt\" to=\"b@lid\"/>", new Node("receipt", ("id", "1"), ("from", "b@lid")));

    [Fact]
    public void A_receipts_type_and_other_participant_are_copied() => AssertAck(
        "<ack id=\"1\" class=\"receipt\" to=\"a@g.us\" participant=\"b@lid\" type=\"retry\"/>",
        new Node("receipt", ("id", "1"), ("from", "a@g.us"), ("participant", "b@lid"), ("type", "retry")));

    [Fact]
    public void A_receipts_participant_that_is_the_sender_is_left_out() => AssertAck(
        "<ack id=\"1\" class=\"receipt\" to=\"b@lid\"/>", new Node("receipt", ("id", "1"), ("from", "b@lid"), ("participant", "b@lid")));

    [Fact]
    public void A_notifications_type_is_copied() => AssertAck(
        "<ack id=\"1\" class=\"notification\" to=\"a@g.us\" participant=\"b@lid\" type=\"w:gp2\"/>",
        new Node("notification", ("id", "1"), ("from", "a@g.us"), ("participant", "b@lid"), ("type", "w:gp2")));

    [Theory]
    [InlineData("encrypt")]
    [InlineData("devices")]
    public void Key_and_device_notifications_are_acked_without_type(string type) => AssertAck(
        "<ack id=\"1\" class=\"notification\" to=\"s.whatsapp.net\"/>", new Node("notification", ("id", "1"), ("from", "s.whatsapp.net"), ("type", type)));

    [Fact]
    public void A_call_is_acked_with_the_tag_of_its_payload() => AssertAck(
        "<ack id=\"1\" class=\"call\" to=\"b@lid\" type=\"terminate\"/>", new Node("call", [("id", "1"), ("from", "b@lid")], [new Node("terminate")]));

    [Theory]
    [InlineData("message", true)]
    [InlineData("receipt", true)]
    [InlineData("notification", true)]
    [InlineData("call", true)]
    [InlineData("presence", false)]
    [InlineData("iq", false)]
    public void Only_four_kinds_of_stanza_want_an_ack(string tag, bool wants) =>
        Assert.Equal(wants, StanzaAck.Wants(new Node(tag, ("id", "1"), ("from", "b@lid"))));

    [Fact]
    public void Without_id_or_sender_there_is_nothing_to_ack()
    {
        Assert.False(StanzaAck.Wants(new Node("message", ("from", "b@lid"))));
        Assert.False(StanzaAck.Wants(new Node("message", ("id", "1"))));
    }

    private static void AssertAck(string expected, Node stanza) => Assert.Equal(expected, StanzaAck.Of(stanza, Self).ToString());
}
