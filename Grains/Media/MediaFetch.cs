using WhatsApp.Grains.Outbound;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Media;

/// <summary>How one try to fetch a file ended.</summary>
internal abstract record FetchResult
{
    /// <summary>Every check passed and the file is in the object store.</summary>
    public sealed record Kept(string ObjectKey, string ContentType, long Length) : FetchResult;

    /// <summary>The CDN no longer has it.</summary>
    public sealed record Gone : FetchResult;

    /// <summary>May be tried again later.</summary>
    public sealed record Later(string Reason) : FetchResult;

    /// <summary>Will never do.</summary>
    public sealed record Never(string Reason) : FetchResult;
}

/// <summary>
/// One job of the media worker: CDN → decryption and hashes → work folder → object store (architecture §5.9). Nothing is published before
/// every check has passed. Touches no grain.
/// </summary>
internal sealed class MediaFetch(ReceivedMedia parts, OutboundCheck check)
{
    /// <summary>Fetches a file. Throws only when cancelled.</summary>
    public async Task<FetchResult> RunAsync(string instanceId, StoredMedia media, MediaDownload download, CancellationToken cancellationToken)
    {
        if (MediaType.Find(media.Kind) is not { } type)
            return new FetchResult.Never("unusable");
        var path = parts.WorkPlace.NewPath();
        try
        {
            // Only here a sender names the host: what is private is told at once, not tried again and again.
            if (media.DirectPath is null && Uri.TryCreate(media.Url, UriKind.Absolute, out var url) && !await check.MayReachAsync(url.IdnHost, cancellationToken))
                return new FetchResult.Never("blocked");
            var descriptor = new MediaDescriptor(type)
            {
                DirectPath = media.DirectPath,
                Url = media.Url,
                MediaKey = media.MediaKey,
                FileSha256 = media.FileSha256,
                FileEncSha256 = media.FileEncSha256,
                FileLength = media.FileLength,
                Mimetype = media.Mimetype,
            };
            return await download.DownloadAsync(descriptor, path, cancellationToken) switch
            {
                MediaStored stored => await KeepAsync(instanceId, media, stored, cancellationToken),
                MediaGone => new FetchResult.Gone(),
                MediaDamaged => new FetchResult.Never("damaged"),
                MediaTooLarge => new FetchResult.Never("too-large"),
                MediaUnusable => new FetchResult.Never("unusable"),
                _ => new FetchResult.Later("unreachable"),
            };
        }
        catch (IOException)
        {
            return new FetchResult.Later("not-stored");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<FetchResult> KeepAsync(string instanceId, StoredMedia media, MediaStored stored, CancellationToken cancellationToken)
    {
        var contentType = await FileSignature.OfFileAsync(stored.Path, cancellationToken);
        var key = ReceivedMedia.ObjectKeyOf(instanceId, media.Key);
        await using var file = new FileStream(stored.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await parts.Objects.PutAsync(key, file, stored.Length, contentType, cancellationToken);
        return new FetchResult.Kept(key, contentType, stored.Length);
    }
}
