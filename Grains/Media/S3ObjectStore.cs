using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Xml;
using System.Xml.Linq;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Grains.Media;

/// <summary>
/// Objects in an S3 bucket, over plain HTTP at signed addresses (<see cref="S3Signature"/>), path style. Bytes are streamed both ways; what has no
/// known length goes through a temporary file, because S3 wants it announced.
/// </summary>
/// <param name="options">Where and who.</param>
/// <param name="spoolFolder">For what has no known length; made when missing.</param>
/// <param name="time">Clock of the signatures.</param>
public sealed class S3ObjectStore(S3Options options, string spoolFolder, TimeProvider time) : IObjectStore, IDisposable
{
    private const int Piece = 64 * 1024;
    private const long MaxListing = 16 * 1024 * 1024;
    private static readonly TimeSpan OwnAddress = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestAddress = TimeSpan.FromDays(7);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Makes the bucket when there is none.</summary>
    /// <exception cref="BadConfigurationException">The service cannot be reached, or refuses.</exception>
    public async Task EnsureBucketAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var there = await AskAsync(HttpMethod.Head, null, null, cancellationToken);
            if (there.StatusCode != HttpStatusCode.NotFound)
            {
                Require(there);
                return;
            }
            using var made = await AskAsync(HttpMethod.Put, null, BucketPlace(), cancellationToken);
            // Another process may have been faster.
            if (made.StatusCode != HttpStatusCode.Conflict)
                Require(made);
        }
        catch (IOException error)
        {
            throw new BadConfigurationException($"MINIO_ENDPOINT {options.Endpoint}: bucket {options.Bucket} cannot be used: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public async Task PutAsync(string key, Stream content, long? length, string contentType, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        if (length is { } known)
        {
            await SendAsync(key, content, known, contentType, cancellationToken);
            return;
        }
        Directory.CreateDirectory(spoolFolder);
        var file = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        await using var spool = new FileStream(Path.Combine(spoolFolder, Guid.NewGuid().ToString("N")), file);
        await content.CopyToAsync(spool, Piece, cancellationToken);
        spool.Position = 0;
        await SendAsync(key, spool, spool.Length, contentType, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<StoredObject?> OpenAsync(string key, ByteRange? range, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        if (range is { } asked && (asked.From < 0 || asked.To < asked.From))
            throw new ObjectRangeException();
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(HttpMethod.Get, key));
        if (range is { } part)
            request.Headers.Range = new RangeHeaderValue(part.From, part.To);
        var response = await AskAsync(request, cancellationToken);
        try
        {
            if (response.StatusCode == HttpStatusCode.NotFound)
                return null;
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                throw new ObjectRangeException();
            Require(response);
            var opened = await OpenedAsync(response, range, cancellationToken);
            response = null;
            return opened;
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(HttpMethod.Delete, ObjectKey.Check(key), null, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
            Require(response);
    }

    /// <inheritdoc/>
    public async Task DeletePrefixAsync(string prefix, CancellationToken cancellationToken)
    {
        List<string> keys = [];
        await foreach (var entry in ListAsync(prefix, cancellationToken))
            keys.Add(entry.Key);
        foreach (var key in keys)
            await DeleteAsync(key, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectKey.CheckPrefix(prefix);
        string? next = null;
        do
        {
            (var entries, next) = S3Listing.Read(await ListAsync(prefix, next, cancellationToken));
            foreach (var entry in entries)
                yield return entry;
        }
        while (next is not null);
    }

    /// <inheritdoc/>
    public Task<Uri?> PresignAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken) => Task.FromResult<Uri?>(
        S3Signature.Sign(options, options.PublicUrl, HttpMethod.Get, ObjectKey.Check(key), [], lifetime < LongestAddress ? lifetime : LongestAddress, time.GetUtcNow()));

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Uri Address(HttpMethod method, string? key, params (string Name, string Value)[] query) =>
        S3Signature.Sign(options, options.Endpoint, method, key, query, OwnAddress, time.GetUtcNow());

    private async Task SendAsync(string key, Stream content, long length, string contentType, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(HttpMethod.Put, key, new UploadContent(content, length, contentType), cancellationToken);
        Require(response);
    }

    private async Task<XDocument> ListAsync(string prefix, string? next, CancellationToken cancellationToken)
    {
        (string, string)[] query = [("list-type", "2"), ("prefix", prefix)];
        if (next is not null)
            query = [.. query, ("start-after", next)];
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(HttpMethod.Get, null, query));
        using var response = await AskAsync(request, cancellationToken);
        Require(response);
        try
        {
            using var reader = XmlReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken),
                new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = MaxListing });
            return await XDocument.LoadAsync(reader, LoadOptions.None, cancellationToken);
        }
        catch (XmlException error)
        {
            throw new IOException("the object store's listing is not XML", error);
        }
    }

    // Only the first region needs none.
    private StringContent? BucketPlace() => options.Region == "us-east-1"
        ? null
        : new StringContent($"<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{options.Region}</LocationConstraint></CreateBucketConfiguration>");

    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, string? key, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Address(method, key)) { Content = content };
        return await AskAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException error)
        {
            throw error.InnerException as IOException ?? new IOException($"the object store cannot be reached: {error.HttpRequestError}", error);
        }
    }

    private static async Task<StoredObject> OpenedAsync(HttpResponseMessage response, ByteRange? range, CancellationToken cancellationToken)
    {
        var length = response.Content.Headers.ContentLength ?? throw new IOException("the object store does not say how long the object is");
        var contentType = response.Content.Headers.ContentType?.ToString() ?? "application/octet-stream";
        var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (range is null)
            return new StoredObject(content, length, contentType, 0, length);
        return response is { StatusCode: HttpStatusCode.PartialContent, Content.Headers.ContentRange: { From: { } from, Length: { } total } }
            ? new StoredObject(content, total, contentType, from, length)
            : throw new IOException("the object store does not give parts");
    }

    private static void Require(HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
            throw new IOException($"the object store answered {(int)response.StatusCode}");
    }

    // Exactly as many bytes as announced; the caller keeps the stream.
    private sealed class UploadContent : HttpContent
    {
        private readonly Stream _source;
        private readonly long _length;

        public UploadContent(Stream source, long length, string contentType)
        {
            (_source, _length) = (source, length);
            Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _length;
            return true;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = new byte[Piece];
            long sent = 0;
            int read;
            while ((read = await _source.ReadAsync(buffer, cancellationToken)) > 0)
            {
                sent += read;
                if (sent > _length)
                    break;
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            if (sent != _length)
                throw new IOException($"the content has another length than the {_length} bytes announced");
        }
    }
}
