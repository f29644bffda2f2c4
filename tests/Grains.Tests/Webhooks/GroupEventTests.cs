using System.Text.Json;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Tests.Webhooks;

/// <summary>The JSON of group, status and channel events.</summary>
public sealed class GroupEventTests
{
    private static readonly Jid Group = Jid.Parse("120363000000000001@g.us");
    private static readonly Jid Bia = Jid.Parse("5511900000002@s.whatsapp.net");
    private static readonly GroupPerson Person = new(Bia) { Phone = Bia, Lid = Jid.Parse("900000000000002@lid") };
    private const string PersonJson = """{ "jid": "5511900000002@s.whatsapp.net", "lid": "900000000000002@lid", "phoneNumber": "5511900000002" }""";

    private static void AssertData(string name, string json, DeviceEvent deviceEvent)
    {
        Assert.Equal(name, EventBodies.NameOf(deviceEvent));
        var data = Data(deviceEvent);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(json), data), data.ToString());
    }

    private static JsonElement Data(DeviceEvent deviceEvent) => JsonElement.Parse(EventEnvelope.Build(
        new EventContext("shop", new Dictionary<string, string>(), Bia, null), "evt_1", "any", 1, 1, json => EventBodies.Write(json, deviceEvent))).GetProperty("data");

    [Fact]
    public void Group_join() => AssertData("group.join", $$"""
        { "groupId": "120363000000000001@g.us", "subject": "Clientes", "by": {{PersonJson}}, "at": 5, "reason": "invite" }
        """, new GroupJoined(Group, "Clientes", Person, "invite", 5));

    [Fact]
    public void Group_leave() => AssertData("group.leave", """
        { "groupId": "120363000000000001@g.us", "subject": null, "by": null, "at": 5, "reason": null }
        """, new GroupLeft(Group, null, null, null, 5));

    [Fact]
    public void Group_participants() => AssertData("group.participants", $$"""
        { "groupId": "120363000000000001@g.us", "subject": "Clientes", "by": {{PersonJson}}, "at": 5, "action": "remove", "reason": null, "participants": [{{PersonJson}}] }
        """, new GroupParticipantsChanged(Group, "Clientes", "remove", [Person], Person, null, 5));

    [Fact]
    public void Group_update() => AssertData("group.update", """
        { "groupId": "120363000000000001@g.us", "subject": "Novo", "by": null, "at": 5,
          "changed": { "subject": "Novo", "description": null, "announcement": true, "ephemeralExpiration": 86400 } }
        """, new GroupUpdated(Group, "Novo",
        [
            new GroupField("subject") { Text = "Novo" }, new GroupField("description"), new GroupField("announcement") { On = true },
            new GroupField("ephemeralExpiration") { Number = 86_400 },
        ], null, 5));

    [Fact]
    public void Status_and_channel_messages_have_events_of_their_own_whoever_wrote_them()
    {
        var status = new MessageInfo("A", Jid.StatusBroadcast, Bia, true, "phone", "text", 1) { Participant = Bia };
        var post = new MessageInfo("B", Jid.Parse("120363111111111111@newsletter"), Jid.Parse("120363111111111111@newsletter"), false, "app", "text", 1) { ServerId = "77" };

        Assert.Equal(("status.received", "channel.message"), (EventBodies.NameOf(new MessageArrived(status)), EventBodies.NameOf(new MessageArrived(post))));
        Assert.Equal("77", Data(new MessageArrived(post)).GetProperty("serverId").GetString());
        var deleted = new MessageArrived(post with { Type = "revoked", Target = new TargetInfo("B", false) });
        Assert.Equal(("channel.message", "B", "revoked"), (EventBodies.NameOf(deleted), Data(deleted).GetProperty("targetMessageId").GetString(), Data(deleted).GetProperty("type").GetString()));
        Assert.False(EventFilter.Wants(["*"], "status.received"));
        Assert.True(EventFilter.Wants(["*"], "channel.message"));
    }
}
