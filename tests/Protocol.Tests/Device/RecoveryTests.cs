using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Whatever breaks, the device comes back by itself, or stops with a reason.</summary>
public class RecoveryTests
{
    [Theory]
    [InlineData(ConnectionPhase.Handshake)]
    [InlineData(ConnectionPhase.Pairing)]
    public async Task A_socket_cut_before_the_scan_is_replaced(ConnectionPhase phase)
    {
        await using var rig = await DeviceRig.StartAsync();
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop, Phase = phase });

        await rig.StartLinkedAsync();

        Assert.Equal(1, rig.Network.Stats.FaultsInjected);
        Assert.Empty(rig.Store.Events.OfType<ConnectionClosed>());
    }

    [Fact]
    public async Task A_socket_cut_between_scan_and_pair_success_leads_to_a_new_code()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        await device.UntilAsync(snapshot => snapshot.Qr is not null);
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop, Phase = ConnectionPhase.Pairing });

        await Assert.ThrowsAsync<PairingException>(() => rig.ScanAsync(device));
        await device.UntilAsync(snapshot => snapshot.Qr is null);
        await rig.ScanAsync(device);

        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task A_socket_cut_during_the_login_is_replaced()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop, Phase = ConnectionPhase.Login });

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await rig.Store.EventAsync<ConnectionOpened>(skip: 1);

        Assert.Equal(1, rig.Network.Stats.FaultsInjected);
        Assert.True(rig.Store.Events.OfType<ConnectionOpened>().Last() is { IsNewLogin: false, Resumed: true });
    }

    [Fact]
    public async Task A_socket_cut_while_open_is_reported_and_replaced()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();

        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop });
        await rig.Store.EventAsync<ConnectionOpened>(skip: 1);

        var closed = await rig.Store.EventAsync<ConnectionClosed>();
        Assert.True(closed is { Reason: "connection_lost", WillReconnect: true, CredentialsKept: true });
        // The first pause is spread by half, so that what one event cut does not come back in one moment.
        Assert.InRange(closed.RetryIn!.Value.TotalSeconds, 0.5, 1.5);
        Assert.Equal(1, rig.Network.Stats.MaxSocketsPerDevice);
        Assert.Equal(closed, (await device.UntilAsync(DeviceStatus.Open)).LastDisconnect);
    }

    [Fact]
    public async Task A_garbage_frame_is_answered_with_a_new_connection()
    {
        await using var rig = await DeviceRig.StartAsync();
        await rig.StartLinkedAsync();

        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, Part = "frame" });
        rig.Phone.SendText(rig.Store.Credentials!.Jid!.Value.User, "hello");
        await rig.Store.EventAsync<ConnectionOpened>(skip: 1);

        Assert.Equal(("connection_lost", "bad-frame"), (await rig.Store.EventAsync<ConnectionClosed>()) is var closed ? (closed.Reason, closed.Detail) : default);
    }

    [Theory]
    [InlineData("400", "bad_session", DeviceStatus.Closed, true)]
    [InlineData("401", "logged_out", DeviceStatus.LoggedOut, false)]
    [InlineData("402", "restricted", DeviceStatus.Restricted, true)]
    [InlineData("403", "banned", DeviceStatus.LoggedOut, false)]
    [InlineData("405", "client_outdated", DeviceStatus.Closed, true)]
    [InlineData("406", "banned", DeviceStatus.LoggedOut, false)]
    [InlineData("409", "bad_session", DeviceStatus.Closed, true)]
    [InlineData("418", "bad_session", DeviceStatus.Closed, true)]
    public async Task A_refused_login_stops_with_its_reason(string code, string reason, DeviceStatus status, bool kept)
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Failure, Reason = code, Code = code == "402" ? "101" : null, Expire = code == "402" ? 3600 : null });

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        var closed = await rig.Store.EventAsync<ConnectionClosed>(skip: 1);
        var snapshot = await device.UntilAsync(status);

        Assert.Equal((reason, int.Parse(code), kept), (closed.Reason, closed.Code, closed.CredentialsKept));
        Assert.Equal(kept, rig.Store.Credentials is not null);
        Assert.Equal(kept, snapshot.Jid is not null);
        Assert.Equal(code == "402", closed.WillReconnect);
        if (code == "402")
            Assert.Equal((3601, "too-many-strangers"), ((int)closed.RetryIn!.Value.TotalSeconds, closed.Detail));
    }

    [Theory]
    [InlineData("500")]
    [InlineData("503")]
    public async Task A_server_in_trouble_is_tried_again(string code)
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Failure, Reason = code });

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));

        await rig.Store.EventAsync<ConnectionOpened>(skip: 1);
        Assert.Equal(1, rig.Network.Stats.LoginsRefused);
    }

    [Fact]
    public async Task A_replaced_connection_stops_without_fighting()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        var accepted = rig.Network.Stats.ConnectionsAccepted;

        rig.Network.Faults.Add(new Fault { Kind = FaultKind.StreamError, Conflict = "replaced" });
        var closed = await device.UntilAsync(DeviceStatus.Closed);

        Assert.True(closed.LastDisconnect is { Reason: "connection_replaced", WillReconnect: false, CredentialsKept: true });
        Assert.Equal(accepted, rig.Network.Stats.ConnectionsAccepted);
        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task An_owner_that_was_fenced_lets_go_when_the_new_one_logs_in()
    {
        await using var rig = await DeviceRig.StartAsync();
        var old = await rig.StartLinkedAsync();

        var successor = rig.Start(rig.Store.NextOwner());
        await successor.UntilAsync(DeviceStatus.Open);

        await Assert.ThrowsAsync<FencedException>(() => old.Run.WaitAsync(DeviceRig.Patience));
        // The store or the server tells the old one first: a commit of its own may be refused before the new login throws it out.
        while (rig.Network.Stats.Connections > 1)
            await Task.Delay(10).WaitAsync(DeviceRig.Patience);
        Assert.Equal(DeviceStatus.Open, successor.Device.Snapshot.Status);
    }

    [Fact]
    public async Task Restart_required_while_open_reconnects_at_once_but_not_in_a_loop()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();

        rig.Network.Faults.Add(new Fault { Kind = FaultKind.StreamError, Code = "515", Count = 2 });
        var again = await device.UntilAsync(snapshot => snapshot.LastDisconnect is { Code: 515, RetryIn.TotalSeconds: > 0.5 });
        await rig.Store.EventAsync<ConnectionOpened>(skip: 1);

        Assert.Equal("restart_required", again.LastDisconnect!.Reason);
        Assert.Equal(TimeSpan.Zero, Assert.Single(rig.Store.Events.OfType<ConnectionClosed>()).RetryIn);
    }

    [Fact]
    public async Task Pauses_grow_while_no_connection_proves_stable()
    {
        await using var rig = await DeviceRig.StartAsync();
        await rig.StartLinkedAsync();
        for (var drop = 0; drop < 3; drop++)
        {
            rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop });
            await rig.Store.EventAsync<ConnectionOpened>(skip: drop + 1);
        }

        Assert.Equal([1, 1, 2], rig.Store.Events.OfType<ConnectionClosed>().Select(closed => (int)Math.Round(closed.RetryIn!.Value.TotalSeconds)));
    }

    [Fact]
    public async Task A_changed_server_key_is_learned_through_the_fallback()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        var key = rig.Store.Credentials!.ServerStaticKey!;
        await device.DisposeAsync();
        await rig.Store.CommitAsync(new DeviceBatch { Credentials = rig.Store.Credentials with { ServerStaticKey = KeyPair.Generate().PublicKey } }, default);

        await rig.Start().UntilAsync(DeviceStatus.Open);

        Assert.Equal(key, rig.Store.Credentials!.ServerStaticKey);
    }

    [Fact]
    public async Task A_handshake_with_shortcuts_that_fails_is_repeated_at_once_without_them()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = await rig.StartLinkedAsync();
        Assert.NotNull(rig.Store.Credentials!.RoutingInfo);
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop, Phase = ConnectionPhase.Handshake });

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await rig.Store.EventAsync<ConnectionOpened>(skip: 1);

        Assert.Equal(1, rig.Network.Stats.FaultsInjected);
        Assert.Equal("by-owner", device.Device.Snapshot.LastDisconnect!.Detail);
    }

    [Fact]
    public async Task A_store_that_fails_closes_the_connection_and_the_device_comes_back()
    {
        await using var rig = await DeviceRig.StartAsync();
        var failures = 3;
        rig.Store.BeforeCommit = (number, _) =>
        {
            if (number >= 2 && failures-- > 0)
                throw new IOException("disk full");
        };

        await rig.StartLinkedAsync();

        Assert.True(failures < 0);
    }
}
