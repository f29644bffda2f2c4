using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Grains.Media;

/// <summary>Brings stored files to the CDN of an instance's network, on the media worker. One per silo.</summary>
internal sealed partial class MediaUploads(
    MediaPreparation preparation, MediaWorker worker, MediaNetworks networks, IObjectStore store, TimeProvider time, ILogger<MediaUploads> logger)
{
    /// <summary>Prepares and uploads; holds a place for transfers all the time, so that no more files lie on disk than can go.</summary>
    /// <exception cref="SendFailedException">The file will never do.</exception>
    /// <exception cref="MediaUploadException">No host took it.</exception>
    /// <exception cref="MediaWorkerFullException">Too many wait.</exception>
    public Task<OutgoingMedia> UploadAsync(
        string instanceId, CreateInstance request, MediaRecipe recipe, IMediaConnectionSource connections, CancellationToken cancellationToken) => worker.RunAsync(
        instanceId, MediaWork.Transfer,
        async token =>
        {
            using var prepared = await worker.RunAsync(instanceId, MediaWork.Conversion, inner => preparation.PrepareAsync(recipe, inner), token);
            var (http, options) = networks.Find(request);
            var type = prepared.Facts.File.Type;
            var uploaded = await new MediaUpload(http, connections, options, time)
                .UploadAsync(UploadTarget.Encrypted(type), prepared.EncryptedPath, prepared.Encrypted.FileEncSha256, token);
            return prepared.Facts with
            {
                File = prepared.Facts.File with
                {
                    Url = uploaded.Url,
                    DirectPath = uploaded.DirectPath,
                    MediaKey = prepared.MediaKey,
                    FileSha256 = prepared.Encrypted.FileSha256,
                    FileEncSha256 = prepared.Encrypted.FileEncSha256,
                    FileLength = prepared.Encrypted.FileLength,
                },
            };
        },
        cancellationToken);

    /// <summary>A send is over: its temporary file goes. What cannot be deleted now is swept later.</summary>
    public async Task DiscardAsync(StagedMedia file)
    {
        if (!file.IsTemporary)
            return;
        try
        {
            await store.DeleteAsync(file.Key, CancellationToken.None);
        }
        catch (IOException error)
        {
            LogNotDeleted(logger, file.Key, error);
        }
    }

    /// <summary>The instance is gone: so are its files.</summary>
    public async Task EraseAsync(string instanceId)
    {
        await EraseAsync(MediaIntake.Staging, instanceId);
        await EraseAsync(MediaIntake.Uploads, instanceId);
    }

    private async Task EraseAsync(string folder, string instanceId)
    {
        try
        {
            await store.DeletePrefixAsync($"{folder}/{instanceId}/", CancellationToken.None);
        }
        catch (IOException error)
        {
            LogNotDeleted(logger, $"{folder}/{instanceId}/", error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} could not be deleted; it will be swept")]
    private static partial void LogNotDeleted(ILogger logger, string key, Exception error);
}
