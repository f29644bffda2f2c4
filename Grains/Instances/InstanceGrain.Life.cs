using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Security;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Create, restart, delete.
internal sealed partial class InstanceGrain
{
    public async Task<CreateInstanceResult> CreateAsync(CreateInstance request, CancellationToken cancellationToken)
    {
        if (_fenced)
            RequireExists();
        if (networks.Find(request.Network) is null)
            throw new InstanceProblemException("validation-failed", $"the network {request.Network} is not configured", new Dictionary<string, string> { ["pointer"] = "/network" });
        if (_ownership is { } existing)
            return await SameAsExistingAsync(existing.Definition, request, cancellationToken);

        var definition = new InstanceDefinition(InstanceId, request, request.Connect, time.GetUtcNow());
        var created = await registry.TryCreateAsync(definition, cancellationToken);
        await TakeOverAsync(cancellationToken);
        string? token = null;
        if (created)
        {
            token = ApiKeys.New();
            await gatewayStore.PutKeyAsync(ApiKeys.Hash(token), new ApiKeyInfo(ApiKeys.InstanceScopes, InstanceId), $"instance {InstanceId}", cancellationToken);
        }
        await EnsureRunningAsync(cancellationToken);
        return created
            ? new CreateInstanceResult(await SummaryAsync(cancellationToken), Created: true, token)
            : await SameAsExistingAsync(_ownership!.Definition, request, cancellationToken);
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            await ReconnectAsync(cancellationToken);
        }
        finally
        {
            _oneChange.Release();
        }
    }

    public async Task<DeleteInstanceResult> DeleteAsync(bool logout, bool purge, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            RequireExists();
            var loggedOut = logout && await UnlinkAsync();
            await EraseAsync(purge);
            return new DeleteInstanceResult(loggedOut);
        }
        finally
        {
            _oneChange.Release();
        }
    }

    // Under the lock.
    private async Task ReconnectAsync(CancellationToken cancellationToken)
    {
        var ownership = RequireExists();
        if (IsExported)
            throw new InstanceProblemException("instance-exported", $"{InstanceId} was exported and lives elsewhere; import the file to have it back, or delete it here");
        if (!ownership.Definition.Desired)
        {
            await MarkDesiredAsync(cancellationToken);
            _ownership = ownership with { Definition = ownership.Definition with { Desired = true } };
        }
        if (_run is { End.IsCompleted: false, Device: { } device })
        {
            await device.RestartAsync(cancellationToken);
            return;
        }
        await StopDeviceAsync();
        StartDevice();
    }

    private async Task MarkDesiredAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _host!.CommitAsync(new DeviceBatch(), null, desired: true, cancellationToken);
        }
        catch (FencedException)
        {
            LetGo();
            throw Busy();
        }
    }

    // The phone may be unreachable, the socket dead or the store slow: none of that keeps an instance from being deleted.
    private async Task<bool> UnlinkAsync()
    {
        if (_run?.Device is not { } device || !IsLinked)
            return false;
        using var patience = new CancellationTokenSource(timings.Value.UnlinkPatience, time);
        try
        {
            await UntilOpenAsync(device);
            return await device.LogoutAsync(patience.Token).WaitAsync(patience.Token);
        }
        catch (Exception error)
        {
            LogNotUnlinked(logger, InstanceId, error);
            return false;
        }
    }

    // Between two connections the phone cannot be told, and would keep the companion in its list: the next one is made at once, and waited for.
    private async Task UntilOpenAsync(IWhatsAppDevice device)
    {
        if (device.Snapshot.Status is not (DeviceStatus.Created or DeviceStatus.Reconnecting))
            return;
        using var patience = new CancellationTokenSource(timings.Value.UnlinkPatience * 2 / 3, time);
        await device.RestartAsync(patience.Token);
        while (device.Snapshot is { Status: DeviceStatus.Created or DeviceStatus.Reconnecting } seen && !patience.IsCancellationRequested)
            await device.WaitForChangeAsync(seen, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    // The row decides: a crash before its delete leaves the instance as it was, after it nothing is left to find. A caller who hangs up does not stop it half-way.
    private async Task EraseAsync(bool purge)
    {
        try
        {
            StopMediaSends();
            await StopFilesAsync();
            await StopDeviceAsync();
            // What was exported may have its files in the store that its new home uses.
            var ownsFiles = !IsExported;
            if (purge && ownsFiles)
                await RemoveFilesAsync();
            await registry.DeleteAsync(InstanceId, purge, CancellationToken.None);
            _ownership = null;
            await gatewayStore.DeleteKeysOfAsync(InstanceId, CancellationToken.None);
            await Webhooks.StopAsync(CancellationToken.None);
            if (ownsFiles)
                await mediaUploads.EraseAsync(InstanceId);
        }
        finally
        {
            // Done, or the next activation starts from what the store says.
            DeactivateOnIdle();
        }
    }

    // Before the rows that name them. A store of files that does not answer does not keep an instance from being deleted.
    private async Task RemoveFilesAsync()
    {
        try
        {
            await received.Objects.DeletePrefixAsync(ReceivedMedia.FolderOf(InstanceId), CancellationToken.None);
        }
        catch (IOException error)
        {
            LogFilesLeft(logger, InstanceId, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "files of {InstanceId} could not be removed; deleting it all the same")]
    private static partial void LogFilesLeft(ILogger logger, string instanceId, Exception error);

    private async Task<CreateInstanceResult> SameAsExistingAsync(InstanceDefinition existing, CreateInstance request, CancellationToken cancellationToken) =>
        CreateRequests.AreSame(existing.Request, request)
            ? new CreateInstanceResult(await SummaryAsync(cancellationToken), Created: false, Token: null)
            : throw new InstanceProblemException("instance-already-exists", $"{InstanceId} exists with another configuration");

    private async Task<InstanceSummary> SummaryAsync(CancellationToken cancellationToken) =>
        await registry.FindSummaryAsync(InstanceId, cancellationToken)
        ?? throw new InstanceProblemException("instance-not-found", $"there is no instance {InstanceId}");

    [LoggerMessage(Level = LogLevel.Warning, Message = "{InstanceId} could not be unlinked from the phone; deleting it all the same")]
    private static partial void LogNotUnlinked(ILogger logger, string instanceId, Exception error);
}
