using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Owns one instance: its epoch, its device and the device's run loop (orleans-notes §2). The device's pump runs on this grain's scheduler;
/// the socket does not.
/// </summary>
[KeepAlive, PreferLocalPlacement]
internal sealed partial class InstanceGrain(
    ISessionStore sessions, IInstanceRegistry registry, IGatewayStore gatewayStore, IDeviceFactory devices, ILocalSiloDetails silo,
    TimeProvider time, ILogger<InstanceGrain> logger) : Grain, IInstanceGrain, IDisposable
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(5);

    private Ownership? _ownership;
    private DeviceHost? _host;
    private IWhatsAppDevice? _device;
    private CancellationTokenSource? _running;
    private Task _run = Task.CompletedTask;

    private string InstanceId => this.GetPrimaryKeyString();
    private IWebhookGrain Webhooks => GrainFactory.GetGrain<IWebhookGrain>(InstanceId);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(InstanceId, cancellationToken) is not { } definition)
            return;
        await TakeOverAsync(cancellationToken);
        if (definition.Desired)
            StartDevice();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await StopDeviceAsync();
        if (_ownership is { } ownership)
            await sessions.ReleaseAsync(InstanceId, ownership.Epoch, cancellationToken);
    }

    public void Dispose()
    {
        _running?.Dispose();
        _host?.Dispose();
    }

    public Task EnsureRunningAsync(CancellationToken cancellationToken)
    {
        var ownership = RequireExists();
        if (ownership.Definition.Desired && _device is null)
            StartDevice();
        return Task.CompletedTask;
    }

    private async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        var ownership = await sessions.ClaimAsync(InstanceId, silo.SiloAddress.ToParsableString(), cancellationToken);
        var summary = await registry.FindSummaryAsync(InstanceId, cancellationToken);
        var status = new StatusLine(summary?.Status ?? "created", summary?.Jid, summary?.Lid, summary?.PushName,
            summary?.ConnectedAt, summary?.LastSeenAt, summary?.LastDisconnect);
        _ownership = ownership;
        _host = new DeviceHost(sessions, ownership, status, time, () => _ = Webhooks.PokeAsync());
        // Rows of the owner before us may be waiting.
        _ = Webhooks.PokeAsync();
    }

    private void StartDevice()
    {
        _running = new CancellationTokenSource();
        _device = devices.Create(_ownership!.Definition, _host!);
        _run = RunDeviceAsync(_device, _running.Token);
    }

    // Started, not awaited: lives on this grain's scheduler until stopped.
    private async Task RunDeviceAsync(IWhatsAppDevice device, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
            try
            {
                await _host!.CommitAsync(new DeviceBatch(), _host.Status.Jid is null ? "connecting" : "reconnecting", null, cancellationToken);
                await device.RunAsync(cancellationToken);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (FencedException)
            {
                LogFenced(logger, InstanceId, _ownership!.Epoch);
                _ownership = null;
                DeactivateOnIdle();
                return;
            }
            catch (Exception error)
            {
                LogDeviceFailed(logger, InstanceId, error);
                await Task.Delay(RestartPause, time, CancellationToken.None);
            }
    }

    private async Task StopDeviceAsync()
    {
        if (_device is not { } device)
            return;
        _device = null;
        await _running!.CancelAsync();
        await device.DisposeAsync();
        await _run;
        _running.Dispose();
    }

    private Ownership RequireExists()
    {
        if (_ownership is { } ownership)
            return ownership;
        // Nothing to own: do not keep an activation per guessed id.
        DeactivateOnIdle();
        throw new InstanceProblemException("instance-not-found", $"there is no instance {InstanceId}");
    }

    private IWhatsAppDevice RequireDevice()
    {
        RequireExists();
        return _device ?? throw NotConnected("closed");
    }

    private static InstanceProblemException NotConnected(string state) =>
        new("instance-not-connected", $"the instance is in state {state}", new Dictionary<string, string> { ["state"] = state });

    [LoggerMessage(Level = LogLevel.Warning, Message = "{InstanceId}: a newer owner exists (our epoch {Epoch}); letting go")]
    private static partial void LogFenced(ILogger logger, string instanceId, long epoch);

    [LoggerMessage(Level = LogLevel.Error, Message = "{InstanceId}: the device stopped; starting again in 5 s")]
    private static partial void LogDeviceFailed(ILogger logger, string instanceId, Exception error);
}
