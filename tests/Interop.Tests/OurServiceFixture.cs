using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>One network and one of our services for the tests of a class; each test brings phones of its own.</summary>
public sealed class OurServiceFixture : IAsyncLifetime
{
    /// <summary>Running network.</summary>
    public SandboxNetwork Network { get; private set; } = null!;

    /// <summary>Our service on it.</summary>
    internal OurService Service { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Network = await SandboxNetwork.StartAsync(SandboxFixture.SlowLine);
        Service = await OurService.StartAsync(Network);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        // Whatever the tests of the class did, our client kept the rules of the network. (zapo does not: it resends a pkmsg without device-identity.)
        var ours = Network.Phones.Where(phone => phone.PushName == OurInstance.OwnerName).Select(phone => phone.PhoneNumber).ToArray();
        Assert.DoesNotContain(Network.Stats.LastViolations, violation => ours.Any(number => violation.Contains(number, StringComparison.Ordinal)));
        // Nobody uploaded a file that is not what its token says.
        Assert.DoesNotContain(Network.Stats.LastViolations, violation => violation.StartsWith("media ", StringComparison.Ordinal));
        Assert.Equal(0, Network.Stats.MalformedFrames);
        await Network.DisposeAsync();
    }
}
