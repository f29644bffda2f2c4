using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>One network for the tests of a class; each test brings phones of its own.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    /// <summary>
    /// A network with the delays of a slow line: where the libraries rely on a round trip (<see cref="SandboxOptions.RoundTrip"/>), a machine
    /// that runs many tests at once must not overtake them.
    /// </summary>
    public static SandboxOptions SlowLine { get; } = new() { RoundTrip = TimeSpan.FromMilliseconds(300), RestartDelay = TimeSpan.FromSeconds(1) };

    /// <summary>Running network.</summary>
    public SandboxNetwork Network { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Network = await SandboxNetwork.StartAsync(SlowLine);

    public ValueTask DisposeAsync() => Network.DisposeAsync();
}
