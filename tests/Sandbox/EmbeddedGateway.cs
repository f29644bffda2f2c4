namespace WhatsApp.Sandbox;

/// <summary>The gateway in embedded mode, wired to a sandbox network.</summary>
internal sealed class EmbeddedGateway : IAsyncDisposable
{
    private EmbeddedGateway(Uri url) => Url = url;

    public Uri Url { get; }

    public static Task<EmbeddedGateway?> StartAsync(SandboxNetwork network, CommandLine line, CancellationToken cancellationToken)
    {
        _ = (network, line, cancellationToken);
        return Task.FromResult<EmbeddedGateway?>(null);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
