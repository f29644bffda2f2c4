using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>An open device: proof of life, restart, logout, stop.</summary>
public class LifeTests
{
    [Fact]
    public async Task A_server_that_stops_answering_is_noticed_and_left()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(time, new SandboxOptions { PingInterval = TimeSpan.Zero });
        var device = await rig.StartLinkedAsync();
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Delay, Ms = 600_000, Count = 1_000_000 });

        await AdvanceUntilAsync(time, () => rig.Store.Events.OfType<ConnectionClosed>().Any());

        var closed = rig.Store.Events.OfType<ConnectionClosed>().First();
        Assert.Equal(("timed_out", "no-answer-to-ping", true), (closed.Reason, closed.Detail, closed.WillReconnect));
        rig.Network.Faults.Clear();
        await AdvanceUntilAsync(time, () => rig.Store.Events.OfType<ConnectionOpened>().Count() == 2);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task Pings_keep_an_idle_device_proven()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(time, new SandboxOptions { PingInterval = TimeSpan.Zero });
        var device = await rig.StartLinkedAsync();

        await AdvanceUntilAsync(time, () => rig.Network.Stats.Pings >= 4);

        var snapshot = device.Device.Snapshot;
        Assert.Equal(DeviceStatus.Open, snapshot.Status);
        Assert.True(time.GetUtcNow() - snapshot.VerifiedAt <= TimeSpan.FromSeconds(90));
        Assert.Empty(rig.Store.Events.OfType<ConnectionClosed>());
    }

    [Fact]
    public async Task A_minute_of_proven_stability_resets_the_pauses()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(time, new SandboxOptions { PingInterval = TimeSpan.Zero });
        await rig.StartLinkedAsync();
        for (var drop = 1; drop <= 3; drop++)
            await DropAsync(drop);
        var pings = rig.Network.Stats.Pings;
        await AdvanceUntilAsync(time, () => rig.Network.Stats.Pings >= pings + 5);
        await DropAsync(4);

        var pauses = rig.Store.Events.OfType<ConnectionClosed>().Select(closed => (int)Math.Round(closed.RetryIn!.Value.TotalSeconds));
        Assert.Equal([1, 1, 2, 1], pauses);

        async Task DropAsync(int number)
        {
            rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop });
            await rig.Store.EventAsync<ConnectionClosed>(skip: number - 1);
            await AdvanceUntilAsync(time, () => rig.Store.Events.OfType<ConnectionOpened>().Count() > number, TimeSpan.FromMilliseconds(250));
        }
    }

    [Fact]
    public async Task The_servers_pings_are_answered()
    {
        var serverTime = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(options: new SandboxOptions { Time = serverTime, RoundTrip = TimeSpan.Zero, RestartDelay = TimeSpan.Zero });
        await rig.StartLinkedAsync();
        var end = serverTime.GetUtcNow() + TimeSpan.FromMinutes(6);

        // The server closes what says nothing for three minutes.
        await AdvanceUntilAsync(serverTime, () => serverTime.GetUtcNow() > end, TimeSpan.FromSeconds(2));

        Assert.Empty(rig.Store.Events.OfType<ConnectionClosed>());
    }

    [Fact]
    public async Task A_restart_opens_again_with_the_same_credentials_and_one_socket()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        var jid = device.Device.Snapshot.Jid;

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await rig.Store.EventAsync<ConnectionOpened>(skip: 1);

        Assert.Equal(jid, device.Device.Snapshot.Jid);
        Assert.Equal(2, rig.Store.Credentials!.LoginCounter);
        // Nothing is written between the login and what opens the connection.
        Assert.True(rig.Store.Batches.Last(batch => batch.Credentials is not null) is { Credentials.LoginCounter: 2, Events: [ConnectionOpened] });
        Assert.Equal(1, rig.Network.Stats.MaxSocketsPerDevice);
    }

    [Fact]
    public async Task Logout_unlinks_at_the_phone_and_forgets_the_device()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();

        Assert.True(await device.OnOwnerAsync(() => device.Device.LogoutAsync(default)));

        Assert.Empty(rig.Phone.Companions);
        Assert.Null(rig.Store.Credentials);
        Assert.Equal(DeviceStatus.LoggedOut, device.Device.Snapshot.Status);
        Assert.Null(device.Device.Snapshot.Jid);
        var closed = Assert.Single(rig.Store.Events.OfType<ConnectionClosed>());
        Assert.True(closed is { Reason: "logged_out", WillReconnect: false, CredentialsKept: false });
        Assert.False(await device.OnOwnerAsync(() => device.Device.LogoutAsync(default)));
    }

    [Fact]
    public async Task After_a_logout_a_restart_shows_a_code_and_another_link_is_possible()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        var identity = rig.Store.Credentials!.Identity.IdentityKey.PublicKey;
        await device.OnOwnerAsync(() => device.Device.LogoutAsync(default));

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await rig.ScanAsync(device);
        await device.UntilAsync(DeviceStatus.Open);

        Assert.NotEqual(identity, rig.Store.Credentials!.Identity.IdentityKey.PublicKey);
    }

    [Fact]
    public async Task Logout_without_a_connection_forgets_the_device_unconfirmed()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Failure, Reason = "405" });
        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await device.UntilAsync(DeviceStatus.Closed);

        Assert.False(await device.OnOwnerAsync(() => device.Device.LogoutAsync(default)));

        Assert.Null(rig.Store.Credentials);
        Assert.Equal(DeviceStatus.LoggedOut, device.Device.Snapshot.Status);
    }

    [Fact]
    public async Task Logout_while_a_code_is_on_show_ends_the_round()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        await device.UntilAsync(DeviceStatus.Qr);

        Assert.False(await device.OnOwnerAsync(() => device.Device.LogoutAsync(default)));

        Assert.Equal(DeviceStatus.LoggedOut, device.Device.Snapshot.Status);
        Assert.Null(device.Device.Snapshot.Qr);
    }

    [Fact]
    public async Task A_phone_that_unlinks_us_logs_us_out()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();

        rig.Phone.Unlink(device.Device.Snapshot.Jid!.Value);
        await device.UntilAsync(DeviceStatus.LoggedOut);

        Assert.Null(rig.Store.Credentials);
        Assert.True(await rig.Store.EventAsync<ConnectionClosed>() is { Reason: "logged_out", Code: 401, Detail: "device_removed", CredentialsKept: false });
    }

    [Fact]
    public async Task Disposing_closes_without_logging_out()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();

        await device.DisposeAsync();

        Assert.True(device.Run.IsCompletedSuccessfully);
        Assert.Single(rig.Phone.Companions);
        Assert.NotNull(rig.Store.Credentials);
        Assert.Empty(rig.Store.Events.OfType<ConnectionClosed>());
    }

    [Fact]
    public async Task Answers_arrive_while_the_store_is_stuck()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        IDeviceLink link = device.Device;
        var stuck = new TaskCompletionSource();
        rig.Store.Delay = token => new ValueTask(stuck.Task.WaitAsync(token));
        var step = device.OnOwnerAsync(() => link.RunStepAsync((step, _) =>
        {
            step.Batch.UploadedPreKeys.Add(1);
            return ValueTask.FromResult(7);
        }, default));

        var answer = await device.OnOwnerAsync(() => link.QueryAsync(
            new Node("iq", [("to", Jid.PhoneServer), ("type", "get"), ("xmlns", "encrypt")], [new Node("count")]), default));

        Assert.NotNull(answer.Child("count")!["value"]);
        Assert.False(step.IsCompleted);
        stuck.SetResult();
        Assert.Equal(7, await step);
    }

    [Fact]
    public async Task A_refused_question_throws_the_servers_code()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        IDeviceLink link = device.Device;

        var refused = await Assert.ThrowsAsync<IqErrorException>(() => device.OnOwnerAsync(() => link.QueryAsync(
            new Node("iq", [("to", Jid.PhoneServer), ("type", "set"), ("xmlns", "md")], [new Node("remove-companion-device", ("jid", "1:9@s.whatsapp.net"))]), default)));

        Assert.Equal(404, refused.Code);
    }

    [Fact]
    public async Task A_device_that_is_not_connected_says_so()
    {
        await using var rig = await DeviceRig.StartAsync();
        IDeviceLink link = new WhatsAppDevice(rig.Store, rig.Options, rig.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        Assert.False(link.IsOpen);
        await Assert.ThrowsAsync<LinkClosedException>(() => link.QueryAsync(new Node("iq"), default));
        await Assert.ThrowsAsync<LinkClosedException>(() => link.SendAsync(new Node("presence"), default));
        await Assert.ThrowsAsync<LinkClosedException>(() => link.RunStepAsync((_, _) => ValueTask.FromResult(1), default));
    }

    [Fact]
    public async Task Few_keys_left_at_the_server_are_filled_up()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        var self = new Node("user", ("jid", device.Device.Snapshot.Jid.ToString()));
        IDeviceLink link = device.Device;

        // Everybody who asks for our keys takes one.
        await device.OnOwnerAsync(() => link.QueryAsync(
            new Node("iq", [("to", Jid.PhoneServer), ("type", "get"), ("xmlns", "encrypt")], [new Node("key", [], [.. Enumerable.Repeat(self, 809)])]), default));

        await rig.Store.UntilAsync(store => store.Batches.Sum(batch => batch.UploadedPreKeys.Count) == 2 * PreKeyUpload.PreKeyFeature.UploadSize);
    }

    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> done, TimeSpan? step = null)
    {
        using var patience = new CancellationTokenSource(DeviceRig.Patience);
        while (!done())
        {
            time.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(10, patience.Token);
        }
    }
}
