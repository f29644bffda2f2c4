using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Xml;
using System.Xml.Linq;
using Minio;
using Minio.DataModel.Args;
using Minio.Exceptions;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Grains.Media;

/// <summary>
/// Objects in an S3 bucket. Minio signs and administers; the bytes go over plain HTTP to presigned addresses, because Minio's own reads
/// ignore ranges and its writes buffer (dependencies.md). Listings are asked for at addresses we sign (<see cref="S3Signature"/>): Minio's come back
/// without an item from servers that answer in another XML namespace.
/// </summary>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private const int Piece = 64 * 1024;
    private const long MaxListing = 16 * 1024 * 1024;
    private static readonly TimeSpan OwnAddress = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestAddress = TimeSpan.FromDays(7);

    private readonly S3Options _options;
    private readonly string _spoolFolder;
    private readonly TimeProvider _time;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
    private readonly IMinioClient _inside;
    private readonly IMinioClient _outside;

    /// <param name="options">Where and who.</param>
    /// <param name="spoolFolder">For what has no known length; made when missing.</param>
    /// <param name="time">Clock of the listings' signatures.</param>
    public S3ObjectStore(S3Options options, string spoolFolder, TimeProvider time)
    {
        (_options, _spoolFolder, _time) = (options, spoolFolder, time);
        _inside = Client(options.Endpoint);
        _outside = Client(options.PublicUrl);
    }

    /// <summary>Makes the bucket when there is none.</summary>
    /// <exception cref="BadConfigurationException">The service cannot be reached, or refuses.</exception>
    public async Task EnsureBucketAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await HasBucketAsync(cancellationToken))
                await MakeBucketAsync(cancellationToken);
        }
        catch (Exception error) when (error is MinioException or HttpRequestException or InvalidOperationException or IOException)
        {
            throw new BadConfigurationException($"MINIO_ENDPOINT {_options.Endpoint}: bucket {_options.Bucket} cannot be used: {error.GetBaseException().Message}", error);
        }
    }

    private Task<bool> HasBucketAsync(CancellationToken cancellationToken) =>
        _inside.BucketExistsAsync(new BucketExistsArgs().WithBucket(_options.Bucket), cancellationToken);

    private async Task MakeBucketAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _inside.MakeBucketAsync(new MakeBucketArgs().WithBucket(_options.Bucket).WithLocation(_options.Region), cancellationToken);
        }
        catch (MinioException)
        {
            // The processes of a cluster start together: another one was first.
            if (!await HasBucketAsync(cancellationToken))
                throw;
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
        Directory.CreateDirectory(_spoolFolder);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        await using var spool = new FileStream(Path.Combine(_spoolFolder, Guid.NewGuid().ToString("N")), options);
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
        using var request = new HttpRequestMessage(HttpMethod.Get, await GetAddressAsync(_inside, key, OwnAddress));
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
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        GuardedAsync(() => _inside.RemoveObjectAsync(new RemoveObjectArgs().WithBucket(_options.Bucket).WithObject(ObjectKey.Check(key)), cancellationToken));

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
    public async Task<Uri?> PresignAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken) =>
        await GetAddressAsync(_outside, ObjectKey.Check(key), lifetime < LongestAddress ? lifetime : LongestAddress);

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _inside.Dispose();
        _outside.Dispose();
    }

    private async Task<XDocument> ListAsync(string prefix, string? next, CancellationToken cancellationToken)
    {
        (string, string)[] query = [("list-type", "2"), ("prefix", prefix)];
        if (next is not null)
            query = [.. query, ("start-after", next)];
        using var request = new HttpRequestMessage(HttpMethod.Get, S3Signature.Sign(_options, _options.Endpoint, HttpMethod.Get, null, query, OwnAddress, _time.GetUtcNow()));
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

    private IMinioClient Client(Uri address) => new MinioClient().WithEndpoint(address.Authority).WithSSL(address.Scheme == "https")
        .WithCredentials(_options.AccessKey, _options.SecretKey).WithRegion(_options.Region).Build();

    private async Task SendAsync(string key, Stream content, long length, string contentType, CancellationToken cancellationToken)
    {
        var address = await AddressAsync(() => _inside.PresignedPutObjectAsync(
            new PresignedPutObjectArgs().WithBucket(_options.Bucket).WithObject(key).WithExpiry((int)OwnAddress.TotalSeconds)));
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = new SizedContent(content, length, contentType) };
        using var response = await AskAsync(request, cancellationToken);
        Require(response);
    }

    private Task<Uri> GetAddressAsync(IMinioClient client, string key, TimeSpan lifetime) => AddressAsync(() => client.PresignedGetObjectAsync(
        new PresignedGetObjectArgs().WithBucket(_options.Bucket).WithObject(key).WithExpiry(Math.Max(1, (int)lifetime.TotalSeconds))));

    private static async Task<Uri> AddressAsync(Func<Task<string>> sign)
    {
        string? address = null;
        await GuardedAsync(async () => address = await sign());
        return new Uri(address!);
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

    private static async Task GuardedAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (error is MinioException or HttpRequestException)
        {
            throw new IOException($"the object store refused or cannot be reached: {error.GetBaseException().Message}", error);
        }
    }
}
