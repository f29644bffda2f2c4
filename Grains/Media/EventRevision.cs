using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Webhooks;

namespace WhatsApp.Grains.Media;

/// <summary>
/// Tells the events that wait for a file what became of it. Only an event that was never tried can still change: what was posted once stays
/// as it is, on every retry.
/// </summary>
internal sealed class EventRevision(string instanceId, ReceivedMedia parts)
{
    /// <summary>Writes it into the waiting events and makes them due; true when there were any.</summary>
    public async Task<bool> TellAsync(MediaRow row, CreateInstance request, CancellationToken cancellationToken)
    {
        if (row.EventSequence == 0)
            return false;
        var told = false;
        string? base64 = null;
        foreach (var held in await parts.Outbox.FindHeldAsync(instanceId, row.EventSequence, cancellationToken))
        {
            if (request.Webhooks.FirstOrDefault(endpoint => endpoint.Id == held.EndpointId) is not { } endpoint)
                continue;
            if (IsInline(endpoint, row))
                base64 ??= await Base64Async(row, cancellationToken);
            var media = new EventMedia(row.State == MediaState.Stored ? "stored" : "failed", await LinkAsync(row, cancellationToken),
                IsInline(endpoint, row) ? base64 : null, row.Failure, row.ContentType);
            if (media.Into(held.Body) is { } body)
                told |= await parts.Outbox.ReviseAsync(instanceId, held.EndpointId, held.Sequence, body, cancellationToken);
        }
        return told;
    }

    private bool IsInline(WebhookEndpoint endpoint, MediaRow row) =>
        endpoint.IncludeMedia == "base64" && row.State == MediaState.Stored && row.StoredLength <= parts.Options.LargestBase64;

    // S3 hands the file out itself; of a folder the gateway does.
    private async Task<string?> LinkAsync(MediaRow row, CancellationToken cancellationToken)
    {
        try
        {
            if (row.ObjectKey is { } key && await parts.Objects.PresignAsync(key, Abstractions.Security.SignedLinks.MediaLife, cancellationToken) is { } address)
                return address.AbsoluteUri;
        }
        catch (IOException)
        {
            // The gateway's link does it too.
        }
        return parts.Links.ToMedia(instanceId, row.Media.Key.Id);
    }

    private async Task<string?> Base64Async(MediaRow row, CancellationToken cancellationToken)
    {
        try
        {
            if (await parts.Objects.OpenAsync(row.ObjectKey!, null, cancellationToken) is not { } file)
                return null;
            await using (file)
            {
                if (file.TotalLength > parts.Options.LargestBase64)
                    return null;
                var bytes = new byte[file.TotalLength];
                await file.Content.ReadExactlyAsync(bytes, cancellationToken);
                return Convert.ToBase64String(bytes);
            }
        }
        catch (IOException)
        {
            return null; // the link does it
        }
    }
}
