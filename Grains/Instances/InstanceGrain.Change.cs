using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Changes of the definition: durable first, then effective.
internal sealed partial class InstanceGrain
{
    public async Task<InstanceSummary> ChangeAsync(InstanceChange change, CancellationToken cancellationToken)
    {
        await ReplaceAsync(request => request with
        {
            Settings = change.Settings ?? request.Settings,
            Metadata = change.Metadata ?? request.Metadata,
            ProxyUrl = change.ProxyUrl is { } proxy ? proxy.Length > 0 ? proxy : null : request.ProxyUrl
        }, cancellationToken);
        return await SummaryAsync(cancellationToken);
    }

    public Task EndpointGoneAsync(string endpointId, string url, bool gone, CancellationToken cancellationToken) => ReplaceAsync(request => request with
    {
        Webhooks = [.. request.Webhooks.Select(endpoint => endpoint.Id == endpointId && endpoint.Url == url ? endpoint with { Gone = gone } : endpoint)],
    }, cancellationToken);

    // The number of a code that was asked for is asked for again after a restart of the process, until the instance is linked.
    private Task WantNumberAsync(string phoneNumber, CancellationToken cancellationToken) =>
        ReplaceAsync(request => request with { WantedNumber = phoneNumber }, cancellationToken);

    private async Task ReplaceAsync(Func<CreateInstance, CreateInstance> change, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            var ownership = RequireExists();
            var (before, request) = (ownership.Definition.Request, change(ownership.Definition.Request));
            await registry.ReplaceAsync(InstanceId, ownership.Epoch, request, cancellationToken);
            _ownership = ownership with { Definition = ownership.Definition with { Request = request } };
            _host!.Apply(request);
            if (Behaviours.Of(before.Settings) is var old && Behaviours.Of(request.Settings) is var now && old != now)
                _run?.Device?.Behave(now);
            if (before.ProxyUrl != request.ProxyUrl && _run is not null)
            {
                await StopDeviceAsync();
                StartDevice();
            }
            if (before.Settings.RetentionDays != request.Settings.RetentionDays)
                await received.Store.SetRetentionAsync(InstanceId, ReceivedMedia.KeptFor(request.Settings), cancellationToken);
        }
        catch (FencedException)
        {
            LetGo();
            throw Busy();
        }
        finally
        {
            _oneChange.Release();
        }
    }
}
