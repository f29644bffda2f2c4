using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Chats;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Tests.Contacts;

public sealed class ChatSignalTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private const string Bia = "5511900000002@s.whatsapp.net";

    [Fact]
    public async Task Commands_reach_the_device_of_the_instance()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        List<string> shown = [];
        device.OnShow = what =>
        {
            shown.Add(what);
            return Task.CompletedTask;
        };
        var chats = silo.Grains.GetGrain<IChatsGrain>(id);
        foreach (var state in Enum.GetValues<ChatTyping>())
            await chats.ShowTypingAsync(Bia, state);
        await chats.WatchPresenceAsync(Bia);
        await chats.ShowPresenceAsync(true);
        await chats.ShowPresenceAsync(false);
        Assert.Equal([$"{Bia} Composing", $"{Bia} Recording", $"{Bia} Paused", $"{Bia} watched", "available", "unavailable"], shown);

        device.OnShow = _ => Task.FromException(new LinkClosedException("no"));
        Assert.Equal("instance-not-connected", (await Assert.ThrowsAsync<InstanceProblemException>(() => chats.ShowPresenceAsync(true))).Code);
    }

    [Fact]
    public async Task Ids_that_are_all_unknown_are_not_found_and_no_unread_message_is_no_error()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        device.OnMarkRead = (_, ids) => Task.FromResult(new ReadMessages([], ids ?? []));
        var chats = silo.Grains.GetGrain<IChatsGrain>(id);
        Assert.Equal("message-not-found", (await Assert.ThrowsAsync<InstanceProblemException>(() => chats.MarkReadAsync(Bia, ["A"]))).Code);
        Assert.Empty((await chats.MarkReadAsync(Bia, null)).Read);
        device.OnMarkRead = (_, _) => Task.FromResult(new ReadMessages(["A"], ["B"]));
        Assert.Equal("B", Assert.Single((await chats.MarkReadAsync(Bia, ["A", "B"])).Unknown));
    }

    [Fact]
    public async Task Presence_becomes_a_webhook()
    {
        await using var receiver = await Receiver.StartAsync();
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, new WebhookEndpoint { Url = receiver.Url, Events = ["presence.update"] });
        var (bia, group) = (Jid.Parse(Bia), Jid.Parse("120363020000000001@g.us"));
        await device.CommitAsync(new PresenceChanged(bia, bia, PresenceState.Unavailable, 1_700_000_000, null), new PresenceChanged(group, bia, PresenceState.Recording, null, null),
            new PresenceChanged(group, null, PresenceState.Available, null, 3));

        var data = (await receiver.WaitAsync(3)).Select(received => received.Json.GetProperty("data").GetRawText()).ToList();

        Assert.Equal(
        [
            $$"""{"chatId":"{{Bia}}","presences":[{"jid":"{{Bia}}","state":"unavailable","lastSeen":1700000000}],"onlineCount":null}""",
            $$"""{"chatId":"{{group}}","presences":[{"jid":"{{Bia}}","state":"recording","lastSeen":null}],"onlineCount":null}""",
            $$"""{"chatId":"{{group}}","presences":[],"onlineCount":3}""",
        ], data);
        Assert.All(receiver.All, received => Assert.Equal("presence.update", received.Event));
    }
}
