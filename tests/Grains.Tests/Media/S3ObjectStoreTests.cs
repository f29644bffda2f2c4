using System.Xml.Linq;
using Microsoft.Extensions.Configuration;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Media;

namespace WhatsApp.Grains.Tests.Media;

public sealed class S3ObjectStoreTests(S3Fixture server) : ObjectStoreBehaviour, IClassFixture<S3Fixture>
{
    private readonly string _spool = Path.Combine(Path.GetTempPath(), "wa-spool-" + Guid.NewGuid().ToString("N"));

    protected override async Task<IObjectStore> OpenAsync()
    {
        var store = new S3ObjectStore(server.Options("b" + Guid.NewGuid().ToString("N")), _spool, TimeProvider.System);
        await store.EnsureBucketAsync(None);
        return store;
    }

    protected override Task RemoveAsync()
    {
        if (Directory.Exists(_spool))
        {
            Assert.Empty(Directory.GetFiles(_spool));
            Directory.Delete(_spool, recursive: true);
        }
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Anybody_can_read_at_a_presigned_address()
    {
        await PutAsync("media/a.jpg", [1, 2, 3]);

        var address = await Store.PresignAsync("media/a.jpg", TimeSpan.FromMinutes(5), None);

        using var http = new HttpClient();
        Assert.Equal([1, 2, 3], await http.GetByteArrayAsync(address, None));
    }

    [Fact]
    public async Task Presigned_addresses_are_at_the_public_url()
    {
        using var store = new S3ObjectStore(server.Options("bucket") with { PublicUrl = new Uri("https://files.example.org") }, _spool, TimeProvider.System);

        var address = await store.PresignAsync("media/a.jpg", TimeSpan.FromMinutes(5), None);

        Assert.Equal("https://files.example.org/bucket/media/a.jpg", address!.GetLeftPart(UriPartial.Path));
    }

    // The example of the AWS documentation, "Authenticating Requests: Using Query Parameters".
    [Fact]
    public void An_address_is_signed_as_in_the_documentation_of_S3()
    {
        var example = new S3Options(new Uri("https://examplebucket.s3.amazonaws.com"), "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "examplebucket",
            new Uri("https://examplebucket.s3.amazonaws.com"), "us-east-1");

        var address = S3Signature.SignPath(example, example.Endpoint, HttpMethod.Get, "/test.txt", [], TimeSpan.FromDays(1), new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero));

        Assert.EndsWith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", address.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_keys_are_told_in_one_line()
    {
        using var stranger = new S3ObjectStore(server.Options("bucket") with { AccessKey = "stranger" }, _spool, TimeProvider.System);

        var error = await Assert.ThrowsAsync<BadConfigurationException>(() => stranger.EnsureBucketAsync(None));

        Assert.Matches("^MINIO_ENDPOINT http://127.0.0.1:[0-9]+/: bucket bucket cannot be used: .+", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_page_of_a_listing_says_where_the_next_begins()
    {
        const string page = """
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>
            <Contents><Key>a/1</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified><Size>3</Size></Contents>
            <Contents><Key>a/no key of ours</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified><Size>3</Size></Contents></ListBucketResult>
            """;

        var (entries, next) = S3Listing.Read(XDocument.Parse(page));

        Assert.Equal([new ObjectEntry("a/1", 3, new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero))], entries);
        Assert.Equal("a/no key of ours", next);
        Assert.Null(S3Listing.Read(XDocument.Parse(page.Replace("true", "false", StringComparison.Ordinal))).Next);
    }

    [Fact]
    public async Task A_missing_bucket_is_made_once_and_an_existing_one_is_kept()
    {
        await PutAsync("k", [1]);

        await ((S3ObjectStore)Store).EnsureBucketAsync(None);

        Assert.NotNull(await Store.OpenAsync("k", null, None));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_told_in_one_line()
    {
        using var nobody = new S3ObjectStore(server.Options("bucket") with { Endpoint = new Uri("http://127.0.0.1:1") }, _spool, TimeProvider.System);

        var error = await Assert.ThrowsAsync<BadConfigurationException>(() => nobody.EnsureBucketAsync(None));

        Assert.StartsWith("MINIO_ENDPOINT http://127.0.0.1:1/: bucket bucket cannot be used: ", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(() => nobody.OpenAsync("k", null, None));
    }

    [Theory]
    [InlineData("MINIO_SECRET_KEY must be set", "MINIO_ENDPOINT=minio:9000", "MINIO_ACCESS_KEY=a")]
    [InlineData("MINIO_BUCKET is set, but MINIO_ENDPOINT is not", "MINIO_BUCKET=abc")]
    [InlineData("MINIO_ENDPOINT must be host:port", "MINIO_ENDPOINT=ftp://minio", "MINIO_ACCESS_KEY=a", "MINIO_SECRET_KEY=s")]
    [InlineData("MINIO_BUCKET must have", "MINIO_ENDPOINT=minio:9000", "MINIO_ACCESS_KEY=a", "MINIO_SECRET_KEY=s", "MINIO_BUCKET=No_Good")]
    [InlineData("MINIO_PUBLIC_URL must be", "MINIO_ENDPOINT=minio:9000", "MINIO_ACCESS_KEY=a", "MINIO_SECRET_KEY=s", "MINIO_PUBLIC_URL=https://x/y")]
    public void Bad_configuration_is_told_in_one_line(string expected, params string[] settings) =>
        Assert.StartsWith(expected, Assert.Throws<BadConfigurationException>(() => ObjectStoreOptions.S3From(Configuration(settings))).Message, StringComparison.Ordinal);

    [Fact]
    public void Names_of_the_founding_document_are_read()
    {
        var options = ObjectStoreOptions.S3From(Configuration("MINIO_ENDPOINT=minio:9000", "MINIO_ACCESS_KEY=a", "MINIO_SECRET_KEY=s", "MINIO_BUCKET=files", "MINIO_PUBLIC_URL=https://files.example.org"))!;

        Assert.Equal(new S3Options(new Uri("http://minio:9000"), "a", "s", "files", new Uri("https://files.example.org"), "us-east-1"), options);
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Null(ObjectStoreOptions.S3From(Configuration()));
    }

    private static IConfiguration Configuration(params string[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => (string?)pair[1])).Build();
}
