using WhatsApp.Grains.Storage;

namespace WhatsApp.Silo;

/// <summary>
/// Nobody else runs on this data folder: whoever owned an instance is gone, and it may be taken at once. A restart is no move.
/// Registered after the folder's lock and before Orleans.
/// </summary>
internal sealed class FormerOwners(IInstanceRegistry registry) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => registry.ForgetOwnersAsync(cancellationToken).AsTask();

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
