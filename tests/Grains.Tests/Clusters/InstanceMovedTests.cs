using System.Text;
using System.Text.Json;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Tests.Clusters;

/// <summary>instance.moved: once per move, when it is open again.</summary>
public sealed class InstanceMovedTests
{
    private static readonly DateTimeOffset Left = new(2026, 11, 23, 1, 0, 0, TimeSpan.Zero);
    private static readonly ConnectionOpened Opened = new(new Jid("5511900000001", Jid.PhoneServer), null, null, null, false, true);
    private static readonly ConnectionClosed Lost = new("connection_lost", 0, null, WillReconnect: true, TimeSpan.FromSeconds(1), CredentialsKept: true);
    private static readonly ConnectionClosed LoggedOut = new("logged_out", 401, null, WillReconnect: false, null, CredentialsKept: false);

    private static OwnershipMove Move(long epoch) => new("shop", epoch, $"silo-{epoch - 1}", $"silo-{epoch}", MoveReasons.Crash, Left.AddSeconds(3), Left);

    [Fact]
    public void It_waits_for_the_connection_to_open_or_to_end()
    {
        Assert.Empty(InstanceMoved.SettledBy([], [Move(2)], Left));
        Assert.Empty(InstanceMoved.SettledBy([Lost], [Move(2)], Left));
        Assert.Empty(InstanceMoved.SettledBy([Opened], [], Left));
        Assert.Equal(TimeSpan.FromSeconds(5), Assert.Single(InstanceMoved.SettledBy([Opened], [Move(2)], Left.AddSeconds(5))).Downtime);
        Assert.Null(Assert.Single(InstanceMoved.SettledBy([LoggedOut], [Move(2)], Left.AddSeconds(5))).Downtime);
    }

    [Fact]
    public void Of_several_moves_the_last_has_the_downtime_and_clocks_that_disagree_make_none_negative()
    {
        Assert.Equal([null, TimeSpan.FromSeconds(5)], InstanceMoved.Of([Move(2), Move(3)], Left.AddSeconds(5)).Select(moved => moved.Downtime));
        Assert.Equal(TimeSpan.Zero, Assert.Single(InstanceMoved.Of([Move(2)], Left.AddSeconds(-5))).Downtime);
        Assert.Null(Assert.Single(InstanceMoved.Of([Move(2) with { DownSince = null }], Left)).Downtime);
    }

    [Theory, InlineData(1500, "1500"), InlineData(null, "null")]
    public void Its_data_name_both_nodes_reason_downtime_and_time(int? downtime, string expected)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            new InstanceMoved(Move(2), downtime is { } ms ? TimeSpan.FromMilliseconds(ms) : null).Write(json);
            json.WriteEndObject();
        }
        Assert.Equal($$"""{"fromNode":"silo-1","toNode":"silo-2","reason":"crash","downtimeMs":{{expected}},"at":{{Left.AddSeconds(3).ToUnixTimeMilliseconds()}}}""", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public async Task The_new_owner_tells_it_once_with_the_open_and_a_restart_of_the_process_is_none()
    {
        await using var silo = new TestSilo();
        await silo.InitializeAsync();
        await using var receiver = await Receiver.StartAsync();
        var endpoint = new WebhookEndpoint { Url = receiver.Url, Events = ["*"] };
        var registry = silo.Get<IInstanceRegistry>();
        // An instance that another node had, and never let go of; until the commit nobody is to wake it.
        await registry.TryCreateAsync(new InstanceDefinition("moved", new CreateInstance { Webhooks = [endpoint] }, false, Left), default);
        var elsewhere = await silo.Get<ISessionStore>().ClaimAsync("moved", "10.0.0.9:11111@1", default);
        await silo.Get<ISessionStore>().CommitAsync("moved", elsewhere.Epoch,
            new SessionBatch(new Protocol.Store.DeviceBatch(), [], 0, new StatusLine("open", "5511900000001@s.whatsapp.net", null, null, null, Left, null), Desired: true), default);

        var device = await silo.Devices.DeviceAsync("moved");
        await device.OpenAsync();
        await device.ReceiveAsync("one");
        Assert.Equal(["connection.open", "instance.moved", "message.received"], (await receiver.WaitAsync(3)).Select(received => received.Event));

        await silo.RestartAsync();
        var next = await silo.Devices.DeviceAsync("moved", 2);
        await next.OpenAsync();
        await next.ReceiveAsync("two");
        Assert.Equal(["connection.open", "message.received"], (await receiver.WaitAsync(5)).Skip(3).Select(received => received.Event));
    }
}
