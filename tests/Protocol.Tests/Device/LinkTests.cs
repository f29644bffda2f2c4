using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.PreKeyUpload;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>From nothing to open, against the sandbox.</summary>
public class LinkTests
{
    [Fact]
    public async Task Scanning_the_code_links_logs_in_and_opens()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();

        await rig.ScanAsync(device);
        var open = await device.UntilAsync(DeviceStatus.Open);

        Assert.Equal(rig.Phone.Companions.Single(), open.Jid);
        Assert.Equal(rig.Phone.Lid, open.Lid!.Value.ToAccount());
        Assert.Equal("Ana", open.PushName);
        Assert.NotNull(open.VerifiedAt);
        Assert.Null(open.Qr);
        var opened = await rig.Store.EventAsync<ConnectionOpened>();
        Assert.True(opened is { IsNewLogin: true, Resumed: false, Platform: "android" });
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task The_link_leaves_credentials_identities_map_and_pre_keys()
    {
        await using var rig = await DeviceRig.StartAsync();
        await rig.StartLinkedAsync();

        var credentials = rig.Store.Credentials!;
        Assert.True(credentials is { IsPaired: true, LoginCounter: 1, PreKeysUploaded: true, SignedDeviceIdentity.Length: > 0, ServerStaticKey.Length: 32 });
        Assert.Equal(Enumerable.Range(1, PreKeyFeature.UploadSize), rig.Store.Batches.SelectMany(batch => batch.UploadedPreKeys).Select(id => (int)id));
        Assert.Equal(rig.Store.Identities[SignalAddress.Of(rig.Phone.Jid)], rig.Store.Identities[SignalAddress.Of(rig.Phone.Lid)]);
        Assert.Equal(rig.Phone.Lid, rig.Store.LidMappings[rig.Phone.Jid].Lid);
    }

    [Fact]
    public async Task The_secret_of_a_code_is_durable_before_the_code_is_shown()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();

        var shown = (await device.UntilAsync(snapshot => snapshot.Qr is not null)).Qr!;

        Assert.True(QrCodeText.TryParse(shown.Text, out var code));
        Assert.Equal(rig.Store.Credentials!.AdvSecret, code.AdvSecret);
        Assert.Equal(shown.Text, (await rig.Store.EventAsync<QrUpdated>()).Qr);
    }

    [Fact]
    public async Task It_links_over_TLS_with_the_authority_from_a_file()
    {
        await using var rig = await DeviceRig.StartAsync(options: new SandboxOptions { Tls = true });
        Assert.Equal("wss", rig.Options.SocketUrl.Scheme);

        await rig.StartLinkedAsync();

        Assert.Single(rig.Store.Events.OfType<ConnectionOpened>());
    }

    [Fact]
    public async Task An_unknown_TLS_authority_is_refused()
    {
        await using var rig = await DeviceRig.StartAsync(options: new SandboxOptions { Tls = true });
        rig.Options = rig.Options with { ExtraCaFile = null };
        var device = rig.Start();

        var failed = await device.UntilAsync(snapshot => snapshot.LastDisconnect is not null);

        Assert.Equal(("connection_lost", "tls-refused"), (failed.LastDisconnect!.Reason, failed.LastDisconnect.Detail));
        Assert.True(failed.LastDisconnect.WillReconnect);
    }

    [Fact]
    public async Task An_unknown_noise_root_is_refused()
    {
        await using var rig = await DeviceRig.StartAsync();
        rig.Options = rig.Options with { NoiseRootKey = null };
        var device = rig.Start();

        var failed = await device.UntilAsync(snapshot => snapshot.LastDisconnect is not null);

        Assert.Equal("certificate-rejected", failed.LastDisconnect!.Detail);
    }

    [Fact]
    public async Task Codes_rotate_and_the_round_ends_after_160_seconds()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var start = time.GetUtcNow();
        await using var rig = await DeviceRig.StartAsync(time);
        var device = rig.Start();
        var texts = new HashSet<string>();
        for (var attempt = 1; attempt <= 6; attempt++)
        {
            var shown = (await device.UntilAsync(snapshot => snapshot.Qr?.Attempt == attempt)).Qr!;
            Assert.Equal(6, shown.MaxAttempts);
            Assert.True(texts.Add(shown.Text));
            Assert.Equal(time.GetUtcNow().AddSeconds(attempt == 1 ? 60 : 20), shown.ExpiresAt);
            time.Advance(TimeSpan.FromSeconds(attempt == 1 ? 60 : 20));
        }

        var closed = await device.UntilAsync(DeviceStatus.Closed);

        Assert.Equal("qr_timeout", closed.LastDisconnect!.Reason);
        Assert.Null(closed.Qr);
        Assert.False((await rig.Store.EventAsync<ConnectionClosed>()).WillReconnect);
        Assert.Equal(TimeSpan.FromSeconds(160), time.GetUtcNow() - start);
    }

    [Fact]
    public async Task A_restart_after_the_codes_ran_out_shows_new_ones()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(time);
        var device = rig.Start();
        for (var attempt = 1; attempt <= 6; attempt++)
        {
            await device.UntilAsync(snapshot => snapshot.Qr?.Attempt == attempt);
            time.Advance(TimeSpan.FromSeconds(60));
        }
        await device.UntilAsync(DeviceStatus.Closed);
        var secret = rig.Store.Credentials!.AdvSecret;

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await rig.ScanAsync(device);
        await device.UntilAsync(DeviceStatus.Open);

        Assert.NotEqual(secret, rig.Store.Credentials!.AdvSecret);
    }

    [Fact]
    public async Task A_server_that_closes_during_the_last_code_ends_the_round_too()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(time);
        var device = rig.Start();
        for (var attempt = 1; attempt < 6; attempt++)
        {
            await device.UntilAsync(snapshot => snapshot.Qr?.Attempt == attempt);
            time.Advance(TimeSpan.FromSeconds(60));
        }
        await device.UntilAsync(snapshot => snapshot.Qr?.Attempt == 6);

        await rig.StopNetworkAsync();

        Assert.Equal("qr_timeout", (await device.UntilAsync(DeviceStatus.Closed)).LastDisconnect!.Reason);
    }

    [Fact]
    public async Task The_host_is_asked_before_each_connect()
    {
        await using var rig = await DeviceRig.StartAsync();
        var asked = 0;
        var device = rig.Start(beforeConnect: _ =>
        {
            asked++;
            return ValueTask.CompletedTask;
        });

        await rig.ScanAsync(device);
        await device.UntilAsync(DeviceStatus.Open);

        Assert.Equal(2, asked);
    }
}
