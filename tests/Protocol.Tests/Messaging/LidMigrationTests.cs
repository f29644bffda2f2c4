using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using Proto = WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class LidMigrationTests
{
    [Fact]
    public async Task A_conversation_that_moves_from_number_to_lid_loses_no_message_and_keeps_one_session()
    {
        var network = new RelayNetwork { TellsPairs = false };
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        ana.Account.LidIsPublic = bob.Account.LidIsPublic = false;
        await ana.SendAsync(bob.Account.Phone, "by number");
        await bob.UntilAsync(device => device.Texts.Count == 1);
        await bob.SendAsync(ana.Account.Phone, "also by number");
        await ana.UntilAsync(device => device.Texts.Count == 1);
        Assert.Equal([SignalAddress.Of(bob.Phone)], ana.Store.Sessions.Keys);

        network.TellsPairs = true;
        await bob.SendAsync(ana.Account.Phone, "tells its lid");
        await ana.UntilAsync(device => device.Texts.Count == 2);
        await ana.SendAsync(bob.Account.Phone, "to the lid");
        await bob.UntilAsync(device => device.Texts.Count == 2);
        await bob.SendAsync(ana.Account.Phone, "and back");
        await ana.UntilAsync(device => device.Texts.Count == 3);

        Assert.Equal(["also by number", "tells its lid", "and back"], ana.Texts);
        Assert.Equal(["by number", "to the lid"], bob.Texts);
        Assert.Equal(new LidMapped(bob.Account.Phone, bob.Account.Lid), Assert.Single(ana.Store.Events.OfType<LidMapped>()));
        Assert.Equal([SignalAddress.Of(bob.Lid)], ana.Store.Sessions.Keys);
        Assert.Equal([SignalAddress.Of(bob.Lid)], ana.Store.Identities.Keys);
        Assert.Equal(bob.Account.Lid.ToString(), ana.Sent.Last(node => node.Tag == "message")["to"]);
        Assert.DoesNotContain(ana.Sent.Concat(bob.Sent), node => node["type"] == "retry");
    }

    [Fact]
    public async Task Pair_sessions_and_mapping_move_in_one_transaction_with_the_message()
    {
        var network = new RelayNetwork { TellsPairs = false };
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        ana.Account.LidIsPublic = bob.Account.LidIsPublic = false;
        await bob.SendAsync(ana.Account.Phone, "one");
        await ana.UntilAsync(device => device.Texts.Count == 1);
        network.TellsPairs = true;
        await bob.SendAsync(ana.Account.Phone, "two");
        await ana.UntilAsync(device => device.Texts.Count == 2);
        var batch = ana.Store.Batches.Single(batch => batch.LidMappings.Count > 0);
        Assert.Single(batch.Events.OfType<MessageArrived>());
        Assert.Null(batch.Sessions[SignalAddress.Of(bob.Phone)]);
        Assert.NotNull(batch.Sessions[SignalAddress.Of(bob.Lid)]);
    }

    [Fact]
    public async Task A_session_that_already_is_under_the_lid_wins()
    {
        var network = new RelayNetwork { TellsPairs = false };
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        ana.Account.LidIsPublic = bob.Account.LidIsPublic = false;
        await ana.SendAsync(bob.Account.Phone, "number");
        await ana.SendAsync(bob.Account.Lid, "lid");
        await bob.UntilAsync(device => device.Texts.Count == 2);
        var lidSession = ana.Store.Sessions[SignalAddress.Of(bob.Lid)];
        network.TellsPairs = true;
        ana.Deliver(new Node("notification", [("id", "n1"), ("type", "devices"), ("from", bob.Account.Phone.ToString()), ("lid", bob.Account.Lid.ToString())], [new Node("update", ("hash", "x"))]));
        await ana.EventAsync<LidMapped>();
        Assert.Equal([SignalAddress.Of(bob.Lid)], ana.Store.Sessions.Keys);
        Assert.Equal(lidSession, ana.Store.Sessions[SignalAddress.Of(bob.Lid)]);
        Assert.Contains(ana.Sent, node => node.Tag == "ack" && node["class"] == "notification" && node["type"] is null);
    }

    [Fact]
    public async Task Our_phone_tells_many_pairs_at_once_and_a_stranger_cannot()
    {
        var network = new RelayNetwork();
        var anas = network.AddAccount("5511900000001", "101");
        var (phone, api) = (await anas.AddDeviceAsync(0), await anas.AddDeviceAsync(1));
        var stranger = await network.AddAccount("5511900000003", "103").AddDeviceAsync(0);
        var payload = new Proto.LIDMigrationMappingSyncPayload();
        payload.PnToLidMappings.Add(new Proto.LIDMigrationMapping { Pn = 5511900000009, AssignedLid = 108, LatestLid = 109 });
        var message = new Proto.Message
        {
            ProtocolMessage = new Proto.Message.Types.ProtocolMessage
            {
                Type = Proto.Message.Types.ProtocolMessage.Types.Type.LidMigrationMappingSync,
                LidMigrationMappingSyncMessage = new Proto.LIDMigrationMappingSyncMessage { EncodedMappingPayload = Google.Protobuf.ByteString.CopyFrom(Google.Protobuf.MessageExtensions.ToByteArray(payload)) },
            },
        };
        await RawSend.SendAsync(stranger, api, message);
        await api.IdleAsync();
        Assert.DoesNotContain(api.Store.Events.OfType<LidMapped>(), mapped => mapped.Phone.User == "5511900000009");
        await RawSend.SendAsync(phone, api, message, ("category", "peer"));
        await api.UntilAsync(device => device.Store.LidMappings.ContainsKey(new Jid("5511900000009", Jid.PhoneServer)));
        Assert.Equal("109", api.Store.LidMappings[new Jid("5511900000009", Jid.PhoneServer)].Lid.User);
        Assert.Contains(api.Sent, node => node.Tag == "receipt" && node["type"] == "peer_msg");
        Assert.Empty(api.Arrived);
    }
}
