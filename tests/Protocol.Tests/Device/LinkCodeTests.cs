using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Linking by a code typed on the phone, against the sandbox.</summary>
public class LinkCodeTests
{
    private const string Wrong = "1111-1111";

    [Fact]
    public async Task A_code_typed_on_the_phone_links_logs_in_and_opens()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();

        var code = await RequestAsync(rig, device);
        var shown = device.Device.Snapshot.Qr!;
        var typed = rig.Phone.EnterPairCodeAsync(code.Text);
        var open = await device.UntilAsync(DeviceStatus.Open);

        Assert.Matches("^[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}$", code.Text);
        Assert.Equal(code, shown.PairingCode);
        Assert.Contains(rig.Store.Events.OfType<QrUpdated>(), update => update.PairingCode == code.Text && update.PairingCodeExpiresAt == code.ExpiresAt && update.Qr == shown.Text);
        Assert.Equal(await typed, open.Jid);
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task The_same_code_works_after_wrong_ones_and_the_QR_follows_the_new_secret()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        var code = await RequestAsync(rig, device);
        var qr = device.Device.Snapshot.Qr!.Text;

        for (var i = 0; i < PendingLinkCode.MaxRepeats; i++)
            await Assert.ThrowsAsync<PairingException>(() => rig.Phone.EnterPairCodeAsync(Wrong));

        var redrawn = (await device.UntilAsync(snapshot => snapshot.Qr is { } now && now.Text != qr)).Qr!;
        Assert.Equal(code, redrawn.PairingCode);
        await rig.Phone.EnterPairCodeAsync(code.Text);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task A_QR_scanned_after_a_wrong_code_links_too()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        await RequestAsync(rig, device);
        var qr = device.Device.Snapshot.Qr!.Text;

        await Assert.ThrowsAsync<PairingException>(() => rig.Phone.EnterPairCodeAsync(Wrong));
        var redrawn = await device.UntilAsync(snapshot => snapshot.Qr is { } now && now.Text != qr);
        await rig.Phone.ScanAsync(redrawn.Qr!.Text);

        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task A_code_tried_too_often_is_taken_away_and_another_one_links()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        await RequestAsync(rig, device);

        for (var i = 0; i <= PendingLinkCode.MaxRepeats; i++)
            await Assert.ThrowsAsync<PairingException>(() => rig.Phone.EnterPairCodeAsync(Wrong));
        await device.UntilAsync(snapshot => snapshot.Qr is { PairingCode: null });

        await rig.Phone.EnterPairCodeAsync((await RequestAsync(rig, device)).Text);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task A_dropped_socket_brings_a_new_code()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        var first = await RequestAsync(rig, device);
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop, PhoneNumber = rig.Phone.PhoneNumber, Phase = ConnectionPhase.Pairing });

        await Assert.ThrowsAsync<PairingException>(() => rig.Phone.EnterPairCodeAsync(first.Text));
        var second = (await device.UntilAsync(snapshot => snapshot.Qr?.PairingCode is { } code && code != first)).Qr!.PairingCode!;

        Assert.Contains(rig.Store.Events.OfType<QrUpdated>(), update => update.PairingCode == second.Text);
        await rig.Phone.EnterPairCodeAsync(second.Text);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task The_secret_is_durable_before_the_phone_can_use_it_and_a_death_in_between_brings_a_new_code()
    {
        await using var rig = await DeviceRig.StartAsync();
        rig.Options = rig.Options with { PairingNumber = rig.Phone.PhoneNumber };
        var first = rig.Start();
        var code = (await first.UntilAsync(snapshot => snapshot.Qr?.PairingCode is not null)).Qr!.PairingCode!;
        byte[]? committed = null;
        rig.Store.AfterCommit = (_, batch) =>
        {
            if (batch.Credentials is not { IsPaired: false } credentials)
                return;
            committed = credentials.AdvSecret;
            first.Kill();
            first.Killed.ThrowIfCancellationRequested();
        };
        await Assert.ThrowsAsync<PairingException>(() => rig.Phone.EnterPairCodeAsync(code.Text));
        await first.Run.WaitAsync(DeviceRig.Patience);
        rig.Store.AfterCommit = null;
        Assert.Equal(committed, rig.Store.Credentials!.AdvSecret);

        var second = rig.Start(rig.Store.NextOwner());
        var next = (await second.UntilAsync(snapshot => snapshot.Qr?.PairingCode is not null)).Qr!.PairingCode!;
        Assert.NotEqual(code, next);
        await rig.Phone.EnterPairCodeAsync(next.Text);

        Assert.Equal((await second.UntilAsync(DeviceStatus.Open)).Jid, Assert.Single(rig.Phone.Companions));
    }

    [Fact]
    public async Task A_code_the_server_wants_refreshed_is_replaced()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        var first = await RequestAsync(rig, device);

        rig.Phone.RefreshPairCode();
        var second = (await device.UntilAsync(snapshot => snapshot.Qr?.PairingCode is { } code && code != first)).Qr!.PairingCode!;

        await rig.Phone.EnterPairCodeAsync(second.Text);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Theory]
    [InlineData("400", PairingCodeRefusal.BadRequest)]
    [InlineData("429", PairingCodeRefusal.RateLimited)]
    [InlineData("503", PairingCodeRefusal.ByServer)]
    public async Task A_refusal_is_told_and_the_QR_stays_on_show(string code, PairingCodeRefusal reason)
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();
        await device.UntilAsync(snapshot => snapshot.Qr is not null);
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.RefuseCode, Code = code });

        var refused = await Assert.ThrowsAsync<PairingCodeRefusedException>(() => RequestAsync(rig, device));

        Assert.Equal((reason, code), (refused.Reason, $"{refused.Code}"));
        await rig.ScanAsync(device);
        await device.UntilAsync(DeviceStatus.Open);
        refused = await Assert.ThrowsAsync<PairingCodeRefusedException>(() => RequestAsync(rig, device));
        Assert.Equal(PairingCodeRefusal.AlreadyLinked, refused.Reason);
    }

    [Fact]
    public async Task The_newest_request_wins_and_the_one_before_is_told()
    {
        await using var rig = await DeviceRig.StartAsync();
        var device = rig.Start();

        var before = RequestAsync(rig, device);
        var newest = RequestAsync(rig, device);

        await Assert.ThrowsAsync<LinkClosedException>(() => before);
        await rig.Phone.EnterPairCodeAsync((await newest).Text);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task A_code_dies_with_its_round_and_one_asked_for_late_or_after_comes_with_a_new_round()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(time);
        var device = rig.Start();
        await device.UntilAsync(snapshot => snapshot.Qr is not null);
        var round = time.GetUtcNow() + TimeSpan.FromSeconds(160);

        Assert.Equal(round, (await RequestAsync(rig, device)).ExpiresAt);
        for (var attempt = 2; attempt <= 4; attempt++)
        {
            time.Advance(TimeSpan.FromSeconds(attempt == 2 ? 60 : 20));
            Assert.NotNull((await device.UntilAsync(snapshot => snapshot.Qr?.Attempt == attempt)).Qr!.PairingCode);
        }
        time.Advance(TimeSpan.FromSeconds(1));
        var late = await RequestAsync(rig, device);
        Assert.Equal((1, time.GetUtcNow() + TimeSpan.FromSeconds(160)), (device.Device.Snapshot.Qr!.Attempt, late.ExpiresAt));
        for (var attempt = 2; attempt <= 7; attempt++)
        {
            time.Advance(TimeSpan.FromSeconds(attempt == 2 ? 60 : 20));
            await device.UntilAsync(snapshot => attempt == 7 ? snapshot.Status == DeviceStatus.Closed : snapshot.Qr?.Attempt == attempt);
        }

        var after = await RequestAsync(rig, device);
        Assert.NotEqual(late.Text, after.Text);
        await rig.Phone.EnterPairCodeAsync(after.Text);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public void A_code_is_over_after_180_seconds_or_four_exchanges()
    {
        var made = DateTimeOffset.UnixEpoch;
        var code = new PendingLinkCode(default, LinkCode.Generate(), KeyPair.Generate(), [1], made + PendingLinkCode.Lifetime);
        Assert.False(code.IsOver(made.AddSeconds(179)));
        Assert.True(code.IsOver(made.AddSeconds(180)));
        for (var exchange = 1; exchange <= 4; exchange++)
        {
            Assert.False(code.IsOver(made));
            code.CountExchange();
        }
        Assert.True(code.IsOver(made));
    }

    private static Task<PairingCode> RequestAsync(DeviceRig rig, RunningDevice device) =>
        device.OnOwnerAsync(() => device.Device.RequestPairingCodeAsync(rig.Phone.PhoneNumber, default));
}
