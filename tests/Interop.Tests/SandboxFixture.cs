using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>One network for the tests of a class; each test brings phones of its own.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    /// <summary>Running network.</summary>
    public SandboxNetwork Network { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Network = await SandboxNetwork.StartAsync();

    public ValueTask DisposeAsync() => Network.DisposeAsync();
}
