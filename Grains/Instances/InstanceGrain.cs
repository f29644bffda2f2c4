using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.LinkPreviewing;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Exports;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Grains.Telemetry;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Owns one instance: its epoch and its device's run (orleans-notes §2). The device's pump runs on this grain's scheduler;
/// the socket does not.
/// </summary>
[KeepAlive, PreferLocalPlacement]
internal sealed partial class InstanceGrain(
    ISessionStore sessions, IInstanceRegistry registry, IGatewayStore gatewayStore, IDeviceFactory devices, WhatsAppNetworks networks,
    ReceivedMedia received, MediaFetch fetch, MediaUploads mediaUploads, LinkPreviews linkPreviews, LocalInstances local, ILocalSiloDetails silo,
    ConnectRate rate, ClaimRights rights, RepeatedErrors errors, IOptions<InstanceTimings> timings, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<InstanceGrain> logger) : Grain, IInstanceGrain, IDisposable
{
    // Reads interleave, and a QR read may start a round: whatever starts or stops the device holds this.
    private readonly SemaphoreSlim _oneChange = new(1, 1);
    private Ownership? _ownership;
    private DeviceHost? _host;
    private DeviceRun? _run;
    private bool _fenced;
    private Task _letGo = Task.CompletedTask;

    /// <summary>Status as of the last commit; null while nothing is owned. From any thread.</summary>
    internal string? State => _ownership is null ? null : _host?.Status.Status;

    private string InstanceId => this.GetPrimaryKeyString();
    private IWebhookGrain Webhooks => GrainFactory.GetGrain<IWebhookGrain>(InstanceId);
    private bool IsExported => _host!.Status.Status == InstanceArchive.Exported;
    private bool IsLinked => _host!.Status.Jid is not null || _run?.Device?.Snapshot.Jid is not null;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _fenced = !rights.May(InstanceId);
        if (_fenced)
        {
            // It would be in the way of the silo that may.
            if (rights.IsLeaving)
                DeactivateOnIdle();
            return;
        }
        try
        {
            await TakeOverAsync(cancellationToken);
        }
        catch (InstanceGoneException)
        {
            return;
        }
        if (_ownership!.Definition.Desired)
            StartDevice();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            StopMediaSends();
            await StopFilesAsync();
            await StopDeviceAsync();
            await _letGo;
            if (_ownership is { } ownership)
                await sessions.ReleaseAsync(InstanceId, ownership.Epoch, lifetime.ApplicationStopping.IsCancellationRequested ? MoveReasons.Drain : MoveReasons.Rebalance, cancellationToken);
        }
        catch (Exception error) when (DatabaseOutage.Find(error) is not null)
        {
            // The row still names this silo: its sweeper finds that the instance is active nowhere, or the next owner takes it when this silo has gone.
            errors.Tell(logger, "could not be released", InstanceId, error);
        }
        finally
        {
            local.Remove(InstanceId, GrainContext);
        }
    }

    public void Dispose()
    {
        local.Remove(InstanceId, GrainContext);
        StopMediaSends();
        _host?.Dispose();
        _oneChange.Dispose();
    }

    public async Task EnsureRunningAsync(CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            if (RequireExists().Definition.Desired && _run is null)
                StartDevice();
            else if (IsExported)
                // It is wanted again: it was imported, and what this activation knows is of before.
                DeactivateOnIdle();
        }
        finally
        {
            _oneChange.Release();
        }
    }

    private async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var ownership = await sessions.ClaimAsync(InstanceId, silo.SiloAddress.ToParsableString(), cancellationToken);
        ProductMeter.Claimed(ownership);
        _ownership = ownership;
        local.Add(InstanceId, GrainContext);
        _host = new DeviceHost(sessions, ownership, began, time, new HostSurroundings(received.Store, received.Links,
            new EventHold(received.Options.EventHold, received.Options.LargestHeld), () => _ = Webhooks.PokeAsync(), () => _files?.Wake())
        {
            MayWrite = () => rights.HasLease,
            Replaced = OnReplaced,
        });
        // What does not connect by itself has no downtime to wait for.
        if (ownership.Moves.Count > 0 && (!ownership.Definition.Desired || ownership.Status.Jid is null))
            await _host.TellMovesAsync(cancellationToken);
        StartFiles(ownership.LeftOver.Files);
        if (ownership.LeftOver.Events)
            _ = Webhooks.PokeAsync();
        if (!IsExported)
            await ResumeMediaSendsAsync(cancellationToken);
    }

    private void StartDevice()
    {
        var (host, definition) = (_host!, _ownership!.Definition);
        _run = new DeviceRun(InstanceId, () => devices.Create(_ownership?.Definition ?? definition, host, token => BeforeConnectAsync(host, token)), AnnounceAsync, timings.Value.RestartPause, errors, time, logger).Start();
        _ = WatchAsync(_run);

        // The first time the claim has done so.
        ValueTask AnnounceAsync(CancellationToken token) => (host.Status.Jid is null ? "connecting" : "reconnecting") is var status && status == host.Status.Status
            ? ValueTask.CompletedTask
            : host.CommitAsync(new DeviceBatch(), status, null, token);
    }

    private async Task WatchAsync(DeviceRun run)
    {
        if (await run.End == RunEnd.Fenced)
            LetGo();
    }

    private async Task StopDeviceAsync()
    {
        if (_run is not { } run)
            return;
        _run = null;
        await run.DisposeAsync();
    }

    // A login throws out whoever else is logged in: not without asking first whether this owner still is the owner.
    private async ValueTask BeforeConnectAsync(DeviceHost host, CancellationToken cancellationToken)
    {
        await rate.WaitAsync(host.LastActiveAt, cancellationToken);
        if (time.GetElapsedTime(host.ProvenAt) < timings.Value.ProofLasts)
            return;
        try
        {
            await host.CommitAsync(new DeviceBatch(), cancellationToken);
        }
        catch (Exception error) when (error is not (FencedException or OperationCanceledException))
        {
            throw new StoreFailedException(error);
        }
    }

    /// <summary>
    /// A newer owner exists, or may exist because this silo's lease has run out: close the socket, log nobody out, forget everything. After a
    /// newer owner this silo stays away for a while: a fresh activation would take the instance back at once and the two would fight
    /// (orleans-notes §3). Who asks meanwhile comes to the new owner, or is told "busy" while there is none.
    /// </summary>
    internal void LetGo()
    {
        if (_ownership is not { } lost)
            return;
        (_ownership, _fenced) = (null, true);
        // That the lease has run out is told once for all instances of the silo.
        if (rights.HasLease)
        {
            LogFenced(logger, InstanceId, lost.Epoch);
            rights.KeepAway(InstanceId);
        }
        StopMediaSends();
        _letGo = Task.WhenAll(StopFilesAsync(), StopDeviceAsync());
        DeactivateOnIdle();
    }

    private Ownership RequireExists()
    {
        if (_ownership is { } ownership)
            return ownership;
        // Nothing to own: do not keep an activation per guessed id, nor one in the way of the owner.
        DeactivateOnIdle();
        if (_fenced)
            throw Busy();
        throw new InstanceProblemException("instance-not-found", $"there is no instance {InstanceId}");
    }

    private InstanceProblemException Busy() => new("instance-busy", $"{InstanceId} is starting or moving to another node");

    private static InstanceProblemException NotConnected(string state) =>
        new("instance-not-connected", $"the instance is in state {state}", new Dictionary<string, string> { ["state"] = state });

    [LoggerMessage(Level = LogLevel.Warning, Message = "{InstanceId}: a newer owner exists (our epoch {Epoch}); letting go")]
    private static partial void LogFenced(ILogger logger, string instanceId, long epoch);
}
