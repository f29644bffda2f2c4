using System.Security.Cryptography;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Grains.Media;

/// <summary>
/// From a stored file to an encrypted one: checked by its content, converted where phones need it, facts and thumbnail taken. Documents go straight from the store
/// through the cipher; nothing is whole in memory.
/// </summary>
/// <param name="store">Where the file lies.</param>
/// <param name="ffmpeg">For sound and videos.</param>
/// <param name="options">Limits.</param>
/// <param name="workFolder">For temporary files.</param>
/// <param name="time">Clock.</param>
internal sealed class MediaPreparation(IObjectStore store, IFfmpeg ffmpeg, MediaOptions options, string workFolder, TimeProvider time)
{
    private const int KeySize = 32;
    private const int Piece = 64 * 1024;
    private readonly MediaConversion _conversion = new(ffmpeg, options);

    /// <summary>Prepares; for a worker.</summary>
    /// <exception cref="SendFailedException">media-not-found, unsupported-media-type, media-too-large.</exception>
    /// <exception cref="IOException">The store or the disk fails: may be tried again.</exception>
    public async Task<PreparedMedia> PrepareAsync(MediaRecipe recipe, CancellationToken cancellationToken)
    {
        var folder = new WorkFolder(workFolder);
        try
        {
            var stored = await store.OpenAsync(recipe.File.Key, null, cancellationToken)
                ?? throw new SendFailedException("media-not-found", "the file has been in store for too long, and is gone");
            await using (stored)
                return recipe.Kind == MediaKind.Document
                    ? await EncryptAsync(folder, stored.Content, Document(recipe), cancellationToken)
                    : await ConvertAsync(folder, stored.Content, recipe, cancellationToken);
        }
        catch (MediaConversionException failure)
        {
            folder.Dispose();
            throw MediaProblems.Of(failure);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private async Task<PreparedMedia> ConvertAsync(WorkFolder folder, Stream content, MediaRecipe recipe, CancellationToken cancellationToken)
    {
        var source = folder.File("source");
        await using (var file = new FileStream(source, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous))
            await content.CopyToAsync(file, Piece, cancellationToken);
        var ready = await _conversion.ConvertAsync(source, folder.Path, recipe, cancellationToken);
        await using var plain = new FileStream(ready.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        return await EncryptAsync(folder, plain, ready.Facts, cancellationToken);
    }

    private static OutgoingMedia Document(MediaRecipe recipe) => new(new MediaDescriptor(MediaType.Document) { Mimetype = recipe.Mimetype ?? recipe.File.Mimetype });

    private async Task<PreparedMedia> EncryptAsync(WorkFolder folder, Stream plain, OutgoingMedia facts, CancellationToken cancellationToken)
    {
        var path = folder.File("encrypted");
        var key = RandomNumberGenerator.GetBytes(KeySize);
        var type = facts.File.Type;
        var extras = new MediaExtras
        {
            StreamingSidecar = type == MediaType.Video || type == MediaType.Gif || type == MediaType.VideoNote || type == MediaType.Audio || type == MediaType.Voice,
            FirstFrameLength = facts.FirstFrameLength,
        };
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        var encrypted = await MediaCipher.EncryptAsync(plain, file, key, type, extras, cancellationToken);
        return new PreparedMedia(folder, path, key, encrypted, facts with
        {
            StreamingSidecar = encrypted.StreamingSidecar,
            FirstFrameSidecar = encrypted.FirstFrameSidecar,
            MediaKeyTimestamp = time.GetUtcNow().ToUnixTimeSeconds(),
        });
    }
}
