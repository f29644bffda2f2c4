using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Grains.Tests.Instances;

public sealed class PairingCodeTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private const string Number = "5511900000001";

    [Fact]
    public async Task A_code_request_reaches_the_device_and_starts_it_when_it_never_ran()
    {
        var id = TestSilo.NewId();
        await silo.Instance(id).CreateAsync(new CreateInstance { Connect = false, PairingNumber = Number });

        var report = await silo.Instance(id).RequestPairingCodeAsync(Number);

        Assert.Equal("ABCD-1234", report.PairingCode);
        Assert.Equal(Number, (await silo.Devices.DeviceAsync(id)).Definition.Request.PairingNumber);
    }

    [Fact]
    public async Task The_code_on_show_is_in_the_qr_report()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.ShowQrAsync("qr-1");
        var code = new PairingCode("ABCD-1234", DateTimeOffset.FromUnixTimeSeconds(1_900_000_000));
        device.Change(shown => shown with { Qr = shown.Qr! with { PairingCode = code } });

        var report = await silo.Instance(id).GetQrAsync(TimeSpan.Zero);

        Assert.Equal(("qr-1", code.Text, code.ExpiresAt), (report.Qr, report.PairingCode, report.PairingCodeExpiresAt));
    }

    public static TheoryData<Exception, string> Refusals => new()
    {
        { PairingCodeRefusedException.Of(400), "whatsapp-error" },
        { PairingCodeRefusedException.Of(429), "rate-limited" },
        { PairingCodeRefusedException.Of(500), "whatsapp-error" },
        { new PairingCodeRefusedException(PairingCodeRefusal.AlreadyLinked), "already-connected" },
        { new LinkClosedException("the device is stopped"), "instance-not-connected" },
        { new TimeoutException(), "instance-not-connected" },
    };

    [Theory, MemberData(nameof(Refusals), DisableDiscoveryEnumeration = true)]
    public async Task A_refusal_keeps_its_meaning(Exception why, string code)
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        device.OnPair = _ => Task.FromException<PairingCode>(why);

        var refusal = await Assert.ThrowsAsync<InstanceProblemException>(() => silo.Instance(id).RequestPairingCodeAsync(Number));

        Assert.Equal(code, refusal.Code);
    }

    [Fact]
    public async Task A_linked_instance_gives_no_code()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();

        var refusal = await Assert.ThrowsAsync<InstanceProblemException>(() => silo.Instance(id).RequestPairingCodeAsync(Number));

        Assert.Equal(("already-connected", "open"), (refusal.Code, refusal.Facts["state"]));
    }
}
