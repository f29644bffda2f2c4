using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>Every kind of content that arrives broken is sent again by retry receipt, whole.</summary>
public sealed class ResentKindTests
{
    private readonly RelayNetwork _network = new();
    private string? _target;

    public static TheoryData<string> Kinds => ["text", "location", "contact", "contacts", "poll", "reaction", "edited", "revoked", "forward", "poll_vote", "pin"];

    private OutgoingContent Content(string kind) => kind switch
    {
        "text" => new OutgoingText("hello"),
        "location" => new OutgoingLocation(1.5, 2.5) { Name = "Here" },
        "contact" => new OutgoingContacts([new ContactCard("Bia", "5511900000009")]),
        "contacts" => new OutgoingContacts([new ContactCard("Bia", "5511900000009"), new ContactCard("Caio", "5511900000008")]),
        "poll" => new OutgoingPoll("Lunch?", ["Pizza", "Sushi"], 1),
        "reaction" => new OutgoingReaction(new MessageReference(_target!), "👍"),
        "edited" => new OutgoingEdit(new MessageReference(_target!), "new"),
        "revoked" => new OutgoingRevoke(new MessageReference(_target!)),
        "forward" => new OutgoingForward(new MessageReference(_target!)),
        "poll_vote" => new OutgoingPollVote(new MessageReference(_target!), ["Pizza"]),
        _ => new OutgoingPin(new MessageReference(_target!), TimeSpan.FromDays(1)),
    };

    private static Node? Corrupt(RelayDevice to, RelayDevice bob, Node stanza)
    {
        if (stanza.Tag != "message" || to != bob || stanza.Child("enc") is not { } enc || enc["count"] is not null)
            return stanza;
        var bytes = enc.Bytes!.Value.ToArray();
        bytes[^12] ^= 1;
        return stanza.WithChildren([.. stanza.Children.Select(child => child == enc ? new Node("enc", [("v", "2"), ("type", enc["type"])], bytes) : child)]);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_broken_message_of_any_kind_is_asked_for_and_read_when_it_comes_again(string kind)
    {
        var (ana, bob) = (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_060))),
            await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        var first = await ana.Feature.SendAsync(new OutgoingMessage(bob.Account.Phone, kind == "poll_vote" ? new OutgoingPoll("Lunch?", ["Pizza", "Sushi"], 1) : new OutgoingText("old")), CancellationToken.None);
        await bob.UntilAsync(device => device.Arrived.Count == 1);
        _target = first.MessageId;
        _network.OnTheWay = (to, stanza) => Corrupt(to, bob, stanza);
        var sent = await ana.Feature.SendAsync(new OutgoingMessage(bob.Account.Phone, Content(kind)), CancellationToken.None);
        await bob.UntilAsync(device => kind == "poll_vote" ? device.Store.Events.OfType<PollVoted>().Any() : device.Arrived.Count == 2);

        Assert.Single(bob.Store.Events.OfType<MessageUndecryptable>(), asked => asked.MessageId == sent.MessageId);
        if (kind == "poll_vote")
        {
            Assert.Equal(["Pizza"], Assert.Single(bob.Store.Events.OfType<PollVoted>()).SelectedOptions);
            return;
        }
        var told = bob.Arrived[1];
        Assert.Equal(kind == "forward" ? "text" : kind, told.Type);
        var original = ana.Arrived[^1];
        Assert.Equal((original.Text, original.Location, original.ForwardScore, original.Target?.MessageId, original.Target?.Value),
            (told.Text, told.Location, told.ForwardScore, told.Target?.MessageId, told.Target?.Value));
        Assert.Equal(original.Contacts.Select(card => card.Vcard), told.Contacts.Select(card => card.Vcard));
        Assert.Equal(original.Poll?.Options ?? [], told.Poll?.Options ?? []);
        Assert.Equal(kind == "revoked", bob.Store.Messages.Values.Single(row => row.Key.Id == first.MessageId).Status == MessageStatus.Deleted);
        Assert.Null(ana.PumpFailure ?? bob.PumpFailure);
    }
}
