using System.Text.Json;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Security;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Create, restart, delete.
internal sealed partial class InstanceGrain
{
    public async Task<CreateInstanceResult> CreateAsync(CreateInstance request, CancellationToken cancellationToken)
    {
        if (_ownership is { } existing)
            return await SameAsExistingAsync(existing.Definition, request, cancellationToken);

        var definition = new InstanceDefinition(InstanceId, request, request.Connect, time.GetUtcNow());
        if (!await registry.TryCreateAsync(definition, cancellationToken))
        {
            await TakeOverAsync(cancellationToken);
            return await SameAsExistingAsync(_ownership!.Definition, request, cancellationToken);
        }
        var token = ApiKeys.New();
        await gatewayStore.PutKeyAsync(ApiKeys.Hash(token), new ApiKeyInfo(ApiKeys.InstanceScopes, InstanceId), $"instance {InstanceId}", cancellationToken);
        await TakeOverAsync(cancellationToken);
        if (request.Connect)
            StartDevice();
        return new CreateInstanceResult(await SummaryAsync(cancellationToken), Created: true, token);
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        var ownership = RequireExists();
        if (!ownership.Definition.Desired)
        {
            await _host!.CommitAsync(new DeviceBatch(), null, desired: true, cancellationToken);
            _ownership = ownership with { Definition = ownership.Definition with { Desired = true } };
        }
        if (_device is null || _run.IsCompleted)
        {
            await StopDeviceAsync();
            StartDevice();
        }
        else
        {
            await _device.RestartAsync(cancellationToken);
        }
    }

    public async Task<DeleteInstanceResult> DeleteAsync(bool logout, bool purge, CancellationToken cancellationToken)
    {
        RequireExists();
        var loggedOut = logout && _device is { } device && _host!.Status.Jid is not null && await device.LogoutAsync(cancellationToken);
        await StopDeviceAsync();
        // From here on the row decides: a crash before it leaves the instance as it was, after it nothing is left to find.
        await registry.DeleteAsync(InstanceId, purge, cancellationToken);
        _ownership = null;
        await gatewayStore.DeleteKeysOfAsync(InstanceId, cancellationToken);
        await Webhooks.StopAsync(cancellationToken);
        DeactivateOnIdle();
        return new DeleteInstanceResult(loggedOut);
    }

    private async Task<CreateInstanceResult> SameAsExistingAsync(InstanceDefinition existing, CreateInstance request, CancellationToken cancellationToken)
    {
        // Records compare lists by reference; their JSON compares by content.
        if (JsonSerializer.Serialize(existing.Request) != JsonSerializer.Serialize(request))
            throw new InstanceProblemException("instance-already-exists", $"{InstanceId} exists with another configuration");
        return new CreateInstanceResult(await SummaryAsync(cancellationToken), Created: false, Token: null);
    }

    private async Task<InstanceSummary> SummaryAsync(CancellationToken cancellationToken) =>
        await registry.FindSummaryAsync(InstanceId, cancellationToken)
        ?? throw new InstanceProblemException("instance-not-found", $"there is no instance {InstanceId}");
}
