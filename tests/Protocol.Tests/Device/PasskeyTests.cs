using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Linking when the server demands a passkey, through the whole device.</summary>
public sealed class PasskeyTests
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task A_signed_demand_links_the_device_without_comparing_codes(bool optionsInDemand)
    {
        await using var rig = await DeviceRig.StartAsync();
        (rig.Phone.NeedsPasskey, rig.Phone.PasskeyOptionsInDemand) = (true, optionsInDemand);
        var device = rig.Start();
        var scan = rig.ScanAsync(device);
        var demand = (await device.UntilAsync(DeviceStatus.PasskeyRequired)).Passkey!;
        Assert.Null(device.Device.Snapshot.Qr);

        await device.OnOwnerAsync(() => device.Device.AnswerPasskeyAsync(Sign(demand.OptionsJson), default));

        await scan.WaitAsync(DeviceRig.Patience);
        await device.UntilAsync(DeviceStatus.Open);
        Assert.Null(device.Device.Snapshot.Passkey);
        Assert.Equal(demand.OptionsJson, Assert.Single(rig.Store.Events.OfType<PasskeyRequired>()).OptionsJson);
        Assert.Empty(rig.Store.Events.OfType<PasskeyConfirm>());
        Assert.Null(rig.Phone.PasskeyCode);
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task After_five_minutes_the_user_compares_a_code_with_the_phones()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var rig = await DeviceRig.StartAsync(time);
        rig.Phone.NeedsPasskey = true;
        var device = rig.Start();
        var scan = rig.ScanAsync(device);
        var demand = (await device.UntilAsync(DeviceStatus.PasskeyRequired)).Passkey!;
        time.Advance(TimeSpan.FromMinutes(6)); // the QR codes would have run out meanwhile

        await device.OnOwnerAsync(() => device.Device.AnswerPasskeyAsync(Sign(demand.OptionsJson), default));
        var shown = await device.UntilAsync(snapshot => snapshot.Passkey?.Code is not null);
        Assert.Equal(DeviceStatus.PasskeyConfirm, shown.Status);
        Assert.Equal(shown.Passkey!.Code, Assert.Single(rig.Store.Events.OfType<PasskeyConfirm>()).Code);
        Assert.False(scan.IsCompleted);
        await device.OnOwnerAsync(() => device.Device.ConfirmPasskeyAsync(default));

        await scan.WaitAsync(DeviceRig.Patience);
        Assert.Equal(shown.Passkey.Code, rig.Phone.PasskeyCode!.Value.Display);
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task A_wrong_assertion_is_refused_and_another_may_be_handed_in()
    {
        await using var rig = await DeviceRig.StartAsync();
        rig.Phone.NeedsPasskey = true;
        var device = rig.Start();
        var scan = rig.ScanAsync(device);
        var demand = (await device.UntilAsync(DeviceStatus.PasskeyRequired)).Passkey!;

        var refused = await Assert.ThrowsAsync<IqErrorException>(() => device.OnOwnerAsync(() =>
            device.Device.AnswerPasskeyAsync(Sign("""{"challenge":"AAAA"}"""), default)));
        await Assert.ThrowsAsync<PasskeyNotAskedException>(() => device.OnOwnerAsync(() => device.Device.ConfirmPasskeyAsync(default)));
        await device.OnOwnerAsync(() => device.Device.AnswerPasskeyAsync(Sign(demand.OptionsJson), default));

        Assert.Equal(400, refused.Code);
        await scan.WaitAsync(DeviceRig.Patience);
        await device.UntilAsync(DeviceStatus.Open);
    }

    [Fact]
    public async Task A_code_typed_on_the_phone_leads_to_the_same_demand()
    {
        await using var rig = await DeviceRig.StartAsync();
        rig.Phone.NeedsPasskey = true;
        var device = rig.Start();
        await device.UntilAsync(DeviceStatus.Qr);
        var code = await device.OnOwnerAsync(() => device.Device.RequestPairingCodeAsync(rig.Phone.PhoneNumber, default));
        var typed = rig.Phone.EnterPairCodeAsync(code.Text);
        var demand = (await device.UntilAsync(DeviceStatus.PasskeyRequired)).Passkey!;

        await device.OnOwnerAsync(() => device.Device.AnswerPasskeyAsync(Sign(demand.OptionsJson), default));

        await typed.WaitAsync(DeviceRig.Patience);
        await device.UntilAsync(DeviceStatus.Open);
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task Without_a_demand_nothing_can_be_handed_in_and_a_lost_connection_starts_over()
    {
        await using var rig = await DeviceRig.StartAsync();
        rig.Phone.NeedsPasskey = true;
        var device = rig.Start();
        await device.UntilAsync(DeviceStatus.Qr);
        await Assert.ThrowsAsync<PasskeyNotAskedException>(() => device.OnOwnerAsync(() => device.Device.AnswerPasskeyAsync(Sign("""{"challenge":"AAAA"}"""), default)));
        var scan = rig.ScanAsync(device);
        await device.UntilAsync(DeviceStatus.PasskeyRequired);

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));

        await device.UntilAsync(snapshot => snapshot is { Status: DeviceStatus.Qr, Qr: not null, Passkey: null });
        await Assert.ThrowsAsync<WhatsApp.Sandbox.Stanzas.PairingException>(() => scan.WaitAsync(DeviceRig.Patience));
    }

    /// <summary>What an authenticator would answer, as far as the sandbox looks.</summary>
    internal static PasskeyAssertion Sign(string optionsJson)
    {
        var challenge = JsonElement.Parse(optionsJson).GetProperty("challenge").GetString();
        var client = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"type":"webauthn.get","challenge":"{{challenge}}","origin":"https://web.whatsapp.com"}"""));
        return new PasskeyAssertion([1, 2, 3, 4], Encoding.UTF8.GetBytes(
            $$"""{"id":"AQIDBA","rawId":"AQIDBA","type":"public-key","response":{"clientDataJSON":"{{client}}","authenticatorData":"AAAA","signature":"AAAA","userHandle":"AAAA"} }"""));
    }
}
