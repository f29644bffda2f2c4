using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using Proto = WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class SendFailureTests
{
    private readonly RelayNetwork _network = new();

    private async Task<(RelayDevice Ana, RelayDevice Bob)> TwoAsync(TimeProvider? time = null) =>
        (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1, time), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));

    private static async Task<SendFailedException> FailureAsync(Task<SentMessage> sending) => await Assert.ThrowsAsync<SendFailedException>(() => sending);

    private static async Task<SentMessage> AdvancingAsync(FakeTimeProvider time, TimeSpan step, Task<SentMessage> sending)
    {
        while (!sending.IsCompleted)
        {
            await Task.Delay(5);
            time.Advance(step);
        }
        return await sending;
    }

    [Theory]
    [InlineData(463, "reachout-timelock")]
    [InlineData(475, "rate-limited")]
    [InlineData(400, "whatsapp-error")]
    [InlineData(401, "whatsapp-error")]
    [InlineData(403, "whatsapp-error")]
    [InlineData(404, "whatsapp-error")]
    [InlineData(405, "whatsapp-error")]
    [InlineData(406, "whatsapp-error")]
    [InlineData(495, "whatsapp-error")]
    public async Task A_final_refusal_fails_the_send_once_with_its_code(int nack, string code)
    {
        var (ana, bob) = await TwoAsync();
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, $"{nack}");
        var failure = await FailureAsync(ana.Feature.SendAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("oi")) { ClientRef = "c" }, CancellationToken.None));
        Assert.Equal((code, nack), (failure.Code, failure.Nack!.Value));
        var row = Assert.Single(ana.Store.Messages.Values);
        Assert.Equal((MessageStatus.Failed, code, failure.MessageId), (row.Status, row.Failure, row.Key.Id));
        Assert.Equal(new MessageFailed(row.Key.Id, bob.Account.Phone, code, nack, "c"), Assert.Single(ana.Store.Events.OfType<MessageFailed>()));
        Assert.Empty(ana.Arrived);
        Assert.Single(ana.Sent, node => node.Tag == "message");
    }

    [Theory]
    [InlineData(479)]
    [InlineData(421)]
    public async Task A_stale_list_or_session_is_rebuilt_once_under_the_same_id(int nack)
    {
        var (ana, bob) = await TwoAsync();
        await ana.SendAsync(bob.Account.Phone, "warm");
        await bob.EventAsync<MessageArrived>();
        await bob.SendAsync(ana.Account.Phone, "answered");
        await ana.UntilAsync(device => device.Texts.Count == 1);
        var refused = 0;
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, ++refused == 1 ? $"{nack}" : null);
        await ana.SendAsync(bob.Account.Phone, "twice");
        await bob.UntilAsync(device => device.Texts.Contains("twice"));
        var tries = ana.Sent.Where(node => node.Tag == "message").Skip(1).ToList();
        Assert.Equal(2, tries.Count);
        Assert.Equal(tries[0]["id"], tries[1]["id"]);
        Assert.Equal(["msg", "pkmsg"], tries.Select(node => node.Child("participants")!.Child("to")!.Child("enc")!["type"]));
    }

    [Fact]
    public async Task A_second_479_ends_the_send()
    {
        var (ana, bob) = await TwoAsync();
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, "479");
        Assert.Equal(479, (await FailureAsync(ana.SendAsync(bob.Account.Phone, "oi"))).Nack);
        Assert.Equal(2, ana.Sent.Count(node => node.Tag == "message"));
    }

    [Theory]
    [InlineData(429, "rate-limited")]
    [InlineData(503, "whatsapp-error")]
    [InlineData(408, "whatsapp-error")]
    public async Task A_busy_server_is_asked_three_times_with_pauses(int nack, string code)
    {
        var time = new FakeTimeProvider();
        var (ana, bob) = await TwoAsync(time);
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, $"{nack}");
        var failure = await FailureAsync(AdvancingAsync(time, TimeSpan.FromMilliseconds(100), ana.SendAsync(bob.Account.Phone, "oi")));
        Assert.Equal((code, nack), (failure.Code, failure.Nack!.Value));
        Assert.Equal(3, ana.Sent.Count(node => node.Tag == "message"));
        Assert.Single(ana.Sent.Where(node => node.Tag == "message").Select(node => node["id"]).Distinct());
    }

    [Fact]
    public async Task A_device_missing_in_our_list_gets_the_message_in_one_repetition()
    {
        var (ana, bob) = await TwoAsync();
        await ana.SendAsync(bob.Account.Phone, "warm");
        var web = await bob.Account.AddDeviceAsync(4);
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, phash: "2:AAAAAAAA");
        var sent = await ana.SendAsync(bob.Account.Phone, "to both");
        await web.UntilAsync(device => device.Texts.Contains("to both"));
        await bob.UntilAsync(device => device.Texts.Contains("to both"));
        await ana.IdleAsync();
        Assert.Equal(2, ana.Sent.Count(node => node.Tag == "message" && node["id"] == sent.MessageId));
        Assert.Equal(1, bob.Texts.Count(text => text == "to both"));
        Assert.Equal(2, ana.Arrived.Count);
    }

    [Fact]
    public async Task An_agreeing_participant_hash_changes_nothing()
    {
        var (ana, bob) = await TwoAsync();
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, phash: ParticipantHash.Compute([bob.Lid, ana.Lid]));
        await ana.SendAsync(bob.Account.Phone, "oi");
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, phash: ParticipantHash.Compute([bob.Lid]));
        await ana.SendAsync(bob.Account.Phone, "oi");
        await ana.IdleAsync();
        Assert.Equal(1, _network.Queries.Count(query => query == "usync devices"));
    }

    [Fact]
    public async Task A_number_the_directory_denies_is_refused_and_a_queued_text_to_it_fails()
    {
        var (ana, bob) = await TwoAsync();
        bob.Account.Exists = false;
        Assert.Equal("recipient-not-on-whatsapp", (await FailureAsync(ana.SendAsync(bob.Account.Phone, "oi"))).Code);
        Assert.Empty(ana.Store.Messages);
        await ana.Feature.QueueAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("oi")), CancellationToken.None);
        Assert.Equal("recipient-not-on-whatsapp", (await ana.EventAsync<MessageFailed>()).Code);
    }

    [Fact]
    public async Task The_form_of_the_number_that_the_server_knows_is_used()
    {
        var (ana, bob) = (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await _network.AddAccount("551187654321", "102").AddDeviceAsync(0));
        var sent = await ana.SendAsync(new Jid("5511987654321", Jid.PhoneServer), "oi");
        Assert.Equal(bob.Account.Phone, sent.To);
        await bob.UntilAsync(device => device.Texts.Contains("oi"));
    }

    [Fact]
    public async Task A_caller_chosen_id_is_sent_once_however_often_it_is_asked_for()
    {
        var (ana, bob) = await TwoAsync();
        var text = new OutgoingMessage(bob.Account.Phone, new OutgoingText("once")) { MessageId = "ABCDEF0123456789" };
        var answers = await Task.WhenAll(ana.Feature.SendAsync(text, CancellationToken.None), ana.Feature.SendAsync(text, CancellationToken.None));
        var again = await ana.Feature.SendAsync(text, CancellationToken.None);
        Assert.All(answers.Append(again), sent => Assert.Equal(("ABCDEF0123456789", bob.Account.Phone), (sent.MessageId, sent.To)));
        await ana.IdleAsync();
        Assert.Single(ana.Sent, node => node.Tag == "message");
    }

    [Fact]
    public async Task A_device_without_keys_is_left_out_and_a_recipient_without_any_fails_the_send()
    {
        var (ana, bob) = await TwoAsync();
        var web = await bob.Account.AddDeviceAsync(3);
        Node? Answer(RelayDevice from, Node iq, Func<Jid, bool> broken)
        {
            if (iq.Child("key") is not { } key || !key.ChildrenOf("user").Any(user => broken(user.JidOf("jid")!.Value)))
                return null;
            _network.OnQuery = null;
            var answer = _network.Answer(from, iq).Child("list")!;
            _network.OnQuery = (device, query) => Answer(device, query, broken);
            return new Node("iq", [("type", "result")], [new Node("list", [], [.. answer.Children.Select(user =>
                broken(user.JidOf("jid")!.Value) ? new Node("user", [("jid", user["jid"])], [new Node("error", ("code", "404"))]) : user)])]);
        }
        _network.OnQuery = (device, query) => Answer(device, query, jid => jid.Device == 3);
        await ana.SendAsync(bob.Account.Phone, "phone only");
        await bob.UntilAsync(device => device.Texts.Contains("phone only"));
        Assert.Empty(web.Arrived);
        var eve = await _network.AddAccount("5511900000003", "103").AddDeviceAsync(0);
        _network.OnQuery = (device, query) => Answer(device, query, jid => jid.IsSameAccount(eve.Account.Lid));
        Assert.Equal(("whatsapp-error", 404), (await FailureAsync(ana.SendAsync(eve.Account.Phone, "nobody"))) switch { var failure => (failure.Code, failure.Nack!.Value) });
    }

    [Fact]
    public async Task A_question_refused_with_406_is_asked_again_device_by_device()
    {
        var (ana, bob) = await TwoAsync();
        await bob.Account.AddDeviceAsync(3);
        _network.OnQuery = (_, iq) => iq.Child("key") is { } key && key.ChildrenOf("user").Any(user => user.JidOf("jid")!.Value.Device == 3)
            ? throw new IqErrorException(406, "not-acceptable") : null;
        await ana.SendAsync(bob.Account.Phone, "oi");
        await bob.UntilAsync(device => device.Texts.Contains("oi"));
    }

    [Fact]
    public async Task A_bundle_with_a_false_signature_opens_no_session()
    {
        var (ana, bob) = await TwoAsync();
        _network.OnQuery = (device, iq) =>
        {
            if (iq.Child("key") is null)
                return null;
            var credentials = bob.Credentials.SignedPreKeys[0];
            credentials.Signature[5] ^= 1;
            return null;
        };
        Assert.Equal("whatsapp-error", (await FailureAsync(ana.SendAsync(bob.Account.Phone, "oi"))).Code);
        Assert.Empty(ana.Store.Sessions);
    }

    [Fact]
    public async Task After_a_new_link_no_session_of_the_old_one_is_used_and_its_unsent_messages_fail()
    {
        var (ana, bob) = await TwoAsync();
        await ana.SendAsync(bob.Account.Phone, "first link");
        ana.Disconnect();
        await ana.Feature.QueueAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("of the old account")), CancellationToken.None);
        var other = _network.AddAccount("5511900000009", "109");
        var identity = new LocalIdentity(KeyPair.Generate(), 7);
        await ana.RelinkAsync(ana.Credentials with { Identity = identity, SignedPreKeys = [PreKeys.NewSigned(1, identity.IdentityKey)], Jid = other.Phone.WithDevice(1), Lid = other.Lid.WithDevice(1) });
        Assert.Equal("instance-not-connected", (await ana.EventAsync<MessageFailed>()).Code);
        await ana.SendAsync(bob.Account.Phone, "second link");
        Assert.Equal("pkmsg", ana.Sent.Last(node => node.Tag == "message").Child("participants")!.Child("to")!.Child("enc")!["type"]);
        Assert.Equal(["first link"], ana.Store.Messages.Values.Where(row => row.Status is >= MessageStatus.ServerAck and < MessageStatus.Failed && row.Key.Sender == new Jid("101", Jid.LidServer))
            .Select(row => Proto.Message.Parser.ParseFrom(row.Content).Conversation));
    }

    [Fact]
    public async Task A_number_whose_lid_moved_to_another_number_is_asked_for_again()
    {
        var (ana, bob) = await TwoAsync();
        await ana.SendAsync(bob.Account.Phone, "before");
        var questions = _network.Queries.Count(query => query == "usync contact");
        ana.Deliver(new Node("notification", [("id", "n"), ("type", "devices"), ("from", "5511900000077@s.whatsapp.net"), ("lid", bob.Account.Lid.ToString())], [new Node("update")]));
        await ana.IdleAsync();
        bob.Account.Exists = false;
        Assert.Equal("recipient-not-on-whatsapp", (await FailureAsync(ana.SendAsync(bob.Account.Phone, "after"))).Code);
        Assert.Equal(questions + 1, _network.Queries.Count(query => query == "usync contact"));
    }
}
