using System.Text;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Outbound;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Pictures;

namespace WhatsApp.Grains.LinkPreviewing;

/// <summary>
/// Makes the preview of the link in a text: the page's start and its picture, through the outbound guard, within three seconds in all. What cannot be
/// had in that time is left out; a send never fails or waits longer for it.
/// </summary>
/// <param name="guard">Refuses private addresses.</param>
/// <param name="options">Whether http addresses are fetched.</param>
/// <param name="worker">Decodes pictures, a few at a time.</param>
/// <param name="work">Folder for a picture while it is made small.</param>
/// <param name="time">Clock.</param>
internal sealed class LinkPreviews(OutboundGuard guard, MediaOptions options, MediaWorker worker, string work, TimeProvider time) : IDisposable
{
    private const int PageBytes = 64 * 1024;
    private const int PictureBytes = 256 * 1024;
    private const int ThumbnailSide = 192;
    private const int ThumbnailBytes = 64 * 1024;
    private const string Field = "linkPreview";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly AddressFetch _fetch = new(guard, options, time);
    private readonly PictureWork _pictures = new(new PictureLimits());

    /// <summary>The preview, or null: none wanted, no link, or a page that says nothing.</summary>
    public async Task<LinkPreview?> MakeAsync(string instanceId, TextContent text, CancellationToken cancellationToken)
    {
        var wish = text.Preview;
        if (wish is { IsWanted: false } || (wish?.Url ?? TextLinks.First(text.Text)) is not { } link)
            return null;
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var (facts, page) = wish?.Title is null ? await PageAsync(instanceId, link, both.Token) : (new PageFacts(null, null, null), null);
        cancellationToken.ThrowIfCancellationRequested();
        if ((wish?.Title ?? facts.Title) is not { } title)
            return null;
        var picture = wish?.ThumbnailUrl ?? Absolute(page, facts.Picture);
        var thumbnail = picture is null ? null : await PictureAsync(instanceId, picture, both.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return new LinkPreview(link, title) { Description = wish?.Description ?? facts.Description, Thumbnail = thumbnail };
    }

    public void Dispose() => _fetch.Dispose();

    private async Task<(PageFacts Facts, Uri? Page)> PageAsync(string instanceId, string link, CancellationToken cancellationToken)
    {
        try
        {
            using var fetched = await _fetch.OpenAsync(new IntakeRules(instanceId, Field, long.MaxValue) { TakesPages = true }, link, cancellationToken);
            if (fetched.Response.Content.Headers.ContentType is not { MediaType: "text/html" or "application/xhtml+xml" } type)
                return (new PageFacts(null, null, null), null);
            var html = EncodingOf(type.CharSet).GetString(await ReadAsync(fetched.Content, PageBytes, cancellationToken));
            return (await Task.Run(() => PageFacts.Read(html), cancellationToken), fetched.Address);
        }
        catch (Exception error) when (IsTheirs(error))
        {
            return (new PageFacts(null, null, null), null);
        }
    }

    private async Task<byte[]?> PictureAsync(string instanceId, string address, CancellationToken cancellationToken)
    {
        try
        {
            using var fetched = await _fetch.OpenAsync(new IntakeRules(instanceId, Field, PictureBytes), address, cancellationToken);
            var bytes = await ReadAsync(fetched.Content, PictureBytes + 1, cancellationToken);
            return bytes.Length > PictureBytes ? null
                : await worker.RunAsync(instanceId, MediaWork.Conversion, _ => Task.FromResult(Thumbnail(bytes)), cancellationToken);
        }
        catch (Exception error) when (IsTheirs(error) || error is MediaConversionException or MediaWorkerFullException)
        {
            return null;
        }
    }

    private byte[]? Thumbnail(byte[] picture)
    {
        Directory.CreateDirectory(work);
        var name = Path.Combine(work, Guid.NewGuid().ToString("N"));
        try
        {
            File.WriteAllBytes(name, picture);
            var jpeg = File.ReadAllBytes(_pictures.Prepare(name, name + ".jpg", ThumbnailSide).Path);
            return jpeg.Length <= ThumbnailBytes ? jpeg : null;
        }
        finally
        {
            File.Delete(name);
            File.Delete(name + ".jpg");
        }
    }

    // Blocked, refused, slow, broken off, no usable address, no room for the picture: none of it may cost the message.
    private static bool IsTheirs(Exception error) => error is InstanceProblemException or IOException or UnauthorizedAccessException or HttpRequestException or TimeoutException
        or OperationCanceledException or FormatException or ArgumentException;

    private static string? Absolute(Uri? page, string? picture) => page is not null && picture is not null && Uri.TryCreate(page, picture, out var address) ? address.AbsoluteUri : null;

    private static async Task<byte[]> ReadAsync(Stream source, int most, CancellationToken cancellationToken)
    {
        var buffer = new byte[most];
        var read = await source.ReadAtLeastAsync(buffer, most, throwOnEndOfStream: false, cancellationToken);
        return buffer.AsSpan(0, read).ToArray();
    }

    private static Encoding EncodingOf(string? name)
    {
        try
        {
            return name is null ? Encoding.UTF8 : Encoding.GetEncoding(name.Trim('"'));
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }
}
