using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Calls;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol.Tests.Calls;

public sealed class CallStanzaTests
{
    private static Node Call(Node signal) => new("call", [("from", "7@lid"), ("id", "S1"), ("t", "1700000000")], [signal]);

    private static Node Offer(params Node[] children) => new("offer", [("call-id", "C1"), ("call-creator", "7:3@lid"), ("caller_pn", "5511900000002@s.whatsapp.net")], children);

    [Fact]
    public void An_offer_names_call_caller_and_number()
    {
        var signal = CallStanzas.Read(Call(Offer(new Node("video"))))!;
        Assert.Equal((CallState.Received, "C1", Jid.Parse("7:3@lid"), Jid.Parse("5511900000002@s.whatsapp.net"), true, false),
            (signal.State!.Value, signal.CallId, signal.Creator, signal.Phone!.Value, signal.IsVideo, signal.IsGroup));
        Assert.True(CallStanzas.Read(Call(Offer(new Node("group_info"))))!.IsGroup);
    }

    [Theory, InlineData("accept", CallState.Accepted), InlineData("reject", CallState.Rejected), InlineData("terminate", CallState.Ended), InlineData("transport", null)]
    public void Signals_mean_what_users_know(string tag, CallState? state) =>
        Assert.Equal(state, CallStanzas.Read(Call(new Node(tag, ("call-id", "C1"))))!.State);

    [Fact]
    public void What_names_no_call_is_nothing()
    {
        Assert.Null(CallStanzas.Read(Call(new Node("offer"))));
        Assert.Null(CallStanzas.Read(new Node("call", ("from", "7@lid"))));
        Assert.Null(CallStanzas.Read(new Node("call", [("from", "@lid")], [new Node("offer", ("call-id", "C1"))])));
    }

    [Fact]
    public void Offers_get_a_receipt_and_the_rest_an_ack()
    {
        var receipt = CallStanzas.Answer(Call(Offer()));
        Assert.Equal(("receipt", "7@lid", "S1", "offer", "C1"), (receipt.Tag, receipt["to"], receipt["id"], receipt.Children[0].Tag, receipt.Children[0]["call-id"]));
        var ack = CallStanzas.Answer(Call(new Node("transport", ("call-id", "C1"))));
        Assert.Equal(("ack", "call", "transport", "S1"), (ack.Tag, ack["class"], ack["type"], ack["id"]));
    }

    [Fact]
    public void A_refusal_goes_to_the_callers_account()
    {
        var reject = CallStanzas.Reject("R1", CallStanzas.Read(Call(Offer()))!, Jid.Parse("9@lid"));
        Assert.Equal(("7@lid", "9@lid", "C1", "7:3@lid", "0"), (reject["to"], reject["from"], reject.Children[0]["call-id"], reject.Children[0]["call-creator"], reject.Children[0]["count"]));
    }
}
