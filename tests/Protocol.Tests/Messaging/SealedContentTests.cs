using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using MessageKey = WhatsApp.Protocol.Schema.MessageKey;
using ResponseType = WhatsApp.Protocol.Schema.Message.Types.EventResponseMessage.Types.EventResponseType;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class SealedContentTests
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static async Task<(RelayDevice Ana, RelayDevice Bob)> StartAsync()
    {
        var network = new RelayNetwork();
        return (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
    }

    private static async Task<string> FromBobAsync(RelayDevice bob, RelayDevice ana, Message content)
    {
        content.MessageContextInfo = new MessageContextInfo { MessageSecret = ByteString.CopyFrom(Secret) };
        return (await RawSend.SendAsync(bob, ana, content))["id"]!;
    }

    // A key as Bob writes it to Ana.
    private static MessageKey Key(RelayDevice ana, string id, bool his) => new() { RemoteJid = ana.Account.Lid.ToString(), FromMe = his, Id = id };

    private static AddOnParties His(RelayDevice bob, string id) => new(id, bob.Account.Lid, bob.Account.Lid);

    private static StoredMessage Row(RelayDevice device, string id) => device.Store.Messages.Values.Single(row => row.Key.Id == id);

    [Fact]
    public async Task An_encrypted_reaction_is_a_reaction()
    {
        var (ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "oi");
        var parties = new AddOnParties(sent.MessageId, ana.Account.Phone, bob.Account.Phone);
        await RawSend.SendAsync(bob, ana, AddOnComposer.Reaction(Key(ana, sent.MessageId, his: false), parties, Row(ana, sent.MessageId).Secret!, "👍", Now));
        await ana.UntilAsync(device => device.Arrived.Any(message => message.Type == "reaction"));

        var told = ana.Arrived.Single(message => message.Type == "reaction");
        Assert.Equal(("👍", sent.MessageId, true), (told.Text, told.Target!.MessageId, told.Target.FromMe));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_encrypted_edit_changes_the_message(bool wrapped)
    {
        var (ana, bob) = await StartAsync();
        var id = await FromBobAsync(bob, ana, new Message { Conversation = "helo" });
        var key = Key(ana, id, his: true);
        var edited = new Message { Conversation = "hello" };
        var inside = wrapped ? new Message { ProtocolMessage = new() { Key = key, Type = Message.Types.ProtocolMessage.Types.Type.MessageEdit, EditedMessage = edited } } : edited;
        await RawSend.SendAsync(bob, ana, AddOnComposer.Edit(key, His(bob, id), Secret, AddOnUse.MessageEdit, inside));
        await ana.UntilAsync(device => device.Arrived.Any(message => message.Type == "edited"));

        var told = ana.Arrived.Single(message => message.Type == "edited");
        Assert.Equal(("hello", id, "helo"), (told.Text, told.Target!.MessageId, told.Target.PreviousText));
        var stored = Message.Parser.ParseFrom(Row(ana, id).Content);
        Assert.Equal(("hello", ByteString.CopyFrom(Secret)), (stored.Conversation, stored.MessageContextInfo.MessageSecret));
        Assert.Equal(Secret, Row(ana, id).Secret);
    }

    [Fact]
    public async Task Nobody_edits_what_another_wrote_not_even_sealed()
    {
        var (ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "mine");
        var parties = new AddOnParties(sent.MessageId, ana.Account.Lid, bob.Account.Lid);
        await RawSend.SendAsync(bob, ana, AddOnComposer.Edit(Key(ana, sent.MessageId, his: false), parties, Row(ana, sent.MessageId).Secret!, AddOnUse.MessageEdit, new Message { Conversation = "his" }));
        await ana.UntilAsync(device => device.Arrived.Any(message => !message.FromMe));

        var told = ana.Arrived.Single(message => !message.FromMe);
        Assert.Equal("unsupported", told.Type);
        Assert.NotNull(told.Raw);
        Assert.Contains("mine", Message.Parser.ParseFrom(Row(ana, sent.MessageId).Content).Conversation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sealed_edit_may_not_hide_a_deletion()
    {
        var (ana, bob) = await StartAsync();
        var id = await FromBobAsync(bob, ana, new Message { Conversation = "oi" });
        var revoke = new Message { ProtocolMessage = new() { Key = Key(ana, id, his: true), Type = Message.Types.ProtocolMessage.Types.Type.Revoke } };
        await RawSend.SendAsync(bob, ana, AddOnComposer.Edit(Key(ana, id, his: true), His(bob, id), Secret, AddOnUse.MessageEdit, revoke));
        await ana.UntilAsync(device => device.Arrived.Count == 2);

        Assert.Equal("unsupported", ana.Arrived[1].Type);
        Assert.Equal(MessageStatus.Received, Row(ana, id).Status);
    }

    [Fact]
    public async Task A_comment_is_its_text_and_quotes_its_message()
    {
        var (ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "news");
        var parties = new AddOnParties(sent.MessageId, ana.Account.Lid, bob.Account.Lid);
        await RawSend.SendAsync(bob, ana, AddOnComposer.Comment(Key(ana, sent.MessageId, his: false), parties, Row(ana, sent.MessageId).Secret!, new Message { Conversation = "nice" }));
        await ana.UntilAsync(device => device.Arrived.Any(message => !message.FromMe));

        var told = ana.Arrived.Single(message => !message.FromMe);
        Assert.Equal(("nice", sent.MessageId, "news", true), (told.Text, told.Quoted!.MessageId, told.Quoted.Text, told.Quoted.FromMe));
    }

    [Theory]
    [InlineData(ResponseType.Going, "going")]
    [InlineData(ResponseType.NotGoing, "not_going")]
    [InlineData(ResponseType.Maybe, "maybe")]
    [InlineData((ResponseType)9, "unknown")]
    public async Task An_answer_to_an_event_is_told(ResponseType response, string name)
    {
        var (ana, bob) = await StartAsync();
        var id = await FromBobAsync(bob, ana, new Message { EventMessage = new() { Name = "Party" } });
        await RawSend.SendAsync(bob, ana, AddOnComposer.EventResponse(Key(ana, id, his: true), His(bob, id), Secret, response, 2, Now));

        var told = await ana.EventAsync<EventAnswered>();
        Assert.Equal((id, bob.Account.Phone, name, 2), (told.EventMessageId, told.From, told.Response, told.ExtraGuests));
        Assert.Single(ana.Arrived);
    }

    [Fact]
    public async Task An_edited_event_and_poll_are_edits_and_later_votes_know_the_new_options()
    {
        var (ana, bob) = await StartAsync();
        var happening = await FromBobAsync(bob, ana, new Message { EventMessage = new() { Name = "Party" } });
        await RawSend.SendAsync(bob, ana, AddOnComposer.Edit(Key(ana, happening, his: true), His(bob, happening), Secret, AddOnUse.EventEdit, new Message { EventMessage = new() { Name = "Big party" } }));
        var poll = await FromBobAsync(bob, ana, Poll("A", "B"));
        var option = new Message { PollAddOptionMessage = new() { PollCreationMessageKey = Key(ana, poll, his: true), AddOption = new() { OptionName = "C" } } };
        await RawSend.SendAsync(bob, ana, AddOnComposer.Edit(Key(ana, poll, his: true), His(bob, poll), Secret, AddOnUse.PollAddOption, option));
        await RawSend.SendAsync(bob, ana, AddOnComposer.Vote(Key(ana, poll, his: true), His(bob, poll), Secret, ["C"], Now));

        var vote = await ana.EventAsync<PollVoted>();
        Assert.Equal(["C"], vote.SelectedOptions);
        Assert.Equal(["A", "B", "C"], vote.Results.Select(result => result.Name));
        Assert.Equal(("edited", "Big party"), (ana.Arrived[1].Type, ana.Arrived[1].Text));
    }

    [Fact]
    public async Task What_does_not_open_is_told_with_its_bytes()
    {
        var (ana, bob) = await StartAsync();
        var unknown = new AddOnParties("NONE", ana.Account.Lid, bob.Account.Lid);
        Message[] all =
        [
            AddOnComposer.Reaction(Key(ana, "NONE", his: false), unknown, Secret, "👍", Now),
            AddOnComposer.Comment(Key(ana, "NONE", his: false), unknown, Secret, new Message { Conversation = "x" }),
            AddOnComposer.EventResponse(Key(ana, "NONE", his: false), unknown, Secret, ResponseType.Going, 0, Now),
            AddOnComposer.Edit(Key(ana, "NONE", his: true), unknown, Secret, AddOnUse.MessageEdit, new Message { Conversation = "x" }),
            new Message { EncReactionMessage = new() { EncPayload = ByteString.CopyFrom(1) } },
            new Message { SecretEncryptedMessage = new() { TargetMessageKey = Key(ana, "NONE", his: true), SecretEncType = (Message.Types.SecretEncryptedMessage.Types.SecretEncType)77 } },
            new Message { EncEventResponseMessage = new() },
        ];
        foreach (var message in all)
            await RawSend.SendAsync(bob, ana, message);
        await ana.UntilAsync(device => device.Arrived.Count == all.Length);

        Assert.All(ana.Arrived, message => Assert.Equal("unsupported", message.Type));
        Assert.Equal(all.Select(message => message.ToByteString()), ana.Arrived.Select(message => ByteString.CopyFrom(message.Raw)));
        Assert.Null(ana.PumpFailure);
    }

    private static Message Poll(params string[] options)
    {
        var poll = new Message { PollCreationMessageV3 = new() { Name = "?", SelectableOptionsCount = 1 } };
        poll.PollCreationMessageV3.Options.AddRange(options.Select(option => new Message.Types.PollCreationMessage.Types.Option { OptionName = option }));
        return poll;
    }
}
