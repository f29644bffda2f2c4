using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Protocol.Tests.Media;

public sealed partial class MediaDownloadTests : IDisposable
{
    private const string DirectPath = "/v/t62.7118-24/12345_678_n.enc?ccb=11-4&oh=01_AbC&oe=66FFFFFF";
    private readonly HttpMessageInvoker _http = LoopbackHost.NewClient();
    private readonly string _folder = Directory.CreateTempSubdirectory("media").FullName;

    private string Target => Path.Combine(_folder, "file");

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_file_comes_decrypted_and_checked()
    {
        var (blob, media) = await FileAsync(300_000);
        var headers = new Dictionary<string, string>();
        await using var host = await LoopbackHost.StartAsync(context =>
        {
            foreach (var (name, value) in context.Request.Headers)
                headers[name] = value.ToString();
            return context.Response.Body.WriteAsync(blob).AsTask();
        });

        Assert.Equal(new MediaStored(Target, 300_000), await DownloadAsync(media, FixedConnections.To(host)));

        Assert.Equal(MediaVectorTests.Plaintext(300_000), await File.ReadAllBytesAsync(Target));
        Assert.Equal([Target], Directory.GetFiles(_folder));
        Assert.Equal(["GET " + DirectPath], host.Requests);
        Assert.Equal("https://web.whatsapp.com", headers["Origin"]);
        Assert.False(headers.ContainsKey("Range"));
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_continued()
    {
        var (blob, media) = await FileAsync(500_000);
        var ranges = new List<string>();
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            var range = context.Request.Headers.Range.ToString();
            ranges.Add(range);
            var from = range.Length == 0 ? 0 : int.Parse(range["bytes=".Length..^1]);
            if (from > 0)
            {
                context.Response.StatusCode = StatusCodes.Status206PartialContent;
                context.Response.Headers.ContentRange = $"bytes {from}-{blob.Length - 1}/{blob.Length}";
            }
            await SendTruncatedAsync(context, blob.AsMemory(from), blob.Length - from > 250_000 ? 200_000 : blob.Length - from);
        });

        // What is under way when a connection breaks may be lost: how many tries it takes is not certain.
        Assert.Equal(new MediaStored(Target, 500_000), await DownloadAsync(media, FixedConnections.To(host), LoopbackHost.Quick with { DownloadTries = 50 }));

        Assert.Equal(MediaVectorTests.Plaintext(500_000), await File.ReadAllBytesAsync(Target));
        Assert.InRange(ranges.Count, 3, 50);
        Assert.Equal("", ranges[0]);
        Assert.All(ranges.Skip(1), range => Assert.StartsWith("bytes=", range, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_knows_no_ranges_may_send_it_all_again()
    {
        var (blob, media) = await FileAsync(500_000);
        var tries = 0;
        await using var host = await LoopbackHost.StartAsync(context =>
            SendTruncatedAsync(context, blob, ++tries == 1 ? 200_000 : blob.Length));

        Assert.Equal(new MediaStored(Target, 500_000), await DownloadAsync(media, FixedConnections.To(host)));
        Assert.Equal(2, tries);
        Assert.Equal(MediaVectorTests.Plaintext(500_000), await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_host_that_always_breaks_off_is_followed_by_the_next()
    {
        var (blob, media) = await FileAsync(100_000);
        await using var bad = await LoopbackHost.StartAsync(context => SendTruncatedAsync(context, blob, 1000));
        await using var good = await LoopbackHost.StartAsync(context => context.Response.Body.WriteAsync(blob).AsTask());

        Assert.Equal(new MediaStored(Target, 100_000), await DownloadAsync(media, FixedConnections.To(bad, good)));
        Assert.Equal(LoopbackHost.Quick.DownloadTries, bad.Requests.Count);
    }

    [Fact]
    public async Task A_file_that_always_breaks_off_is_not_there_and_leaves_nothing()
    {
        var (blob, media) = await FileAsync(100_000);
        await using var host = await LoopbackHost.StartAsync(context => SendTruncatedAsync(context, blob, 50_000));

        Assert.Equal(new MediaUnreachable(null), await DownloadAsync(media, FixedConnections.To(host)));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory, InlineData(MediaDamage.EncryptedHash), InlineData(MediaDamage.Mac), InlineData(MediaDamage.PlaintextHash), InlineData(MediaDamage.Length)]
    public async Task A_damaged_file_is_never_kept_and_no_other_host_is_asked(MediaDamage damage)
    {
        var (blob, media) = await FileAsync(100_000);
        media = damage switch
        {
            MediaDamage.EncryptedHash => media with { FileEncSha256 = new byte[32] },
            MediaDamage.PlaintextHash => media with { FileSha256 = new byte[32] },
            _ => media with { FileEncSha256 = null },
        };
        if (damage == MediaDamage.Mac)
            blob[50_000] ^= 1;
        if (damage == MediaDamage.Length)
            blob = blob[..99_999];
        await using var host = await LoopbackHost.StartAsync(context => context.Response.Body.WriteAsync(blob).AsTask());
        await using var other = await LoopbackHost.StartAsync(context => context.Response.Body.WriteAsync(blob).AsTask());

        Assert.Equal(new MediaDamaged(damage), await DownloadAsync(media, FixedConnections.To(host, other)));
        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Empty(other.Requests);
    }

    [Theory, InlineData(403), InlineData(404), InlineData(410)]
    public async Task A_file_that_is_gone_is_said_to_be_gone_after_one_new_connection(int status)
    {
        var (_, media) = await FileAsync(1000);
        await using var host = await LoopbackHost.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using var other = await LoopbackHost.StartAsync(_ => Task.CompletedTask);
        var connections = FixedConnections.To(host, other);

        Assert.Equal(new MediaGone(status), await DownloadAsync(media, connections));

        Assert.Equal(1, connections.Refreshes);
        Assert.Equal(2, host.Requests.Count);
        Assert.Empty(other.Requests);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Many_files_that_are_gone_ask_for_one_new_connection()
    {
        var (_, media) = await FileAsync(1000);
        await using var host = await LoopbackHost.StartAsync(context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        var connections = FixedConnections.To(host);
        var download = new MediaDownload(_http, connections, LoopbackHost.Quick, TimeProvider.System);
        for (var i = 0; i < 5; i++)
            Assert.Equal(new MediaGone(404), await download.DownloadAsync(media, Target, CancellationToken.None));

        Assert.Equal(1, connections.Refreshes);
    }

    [Fact]
    public async Task An_endless_body_is_cut_off_at_the_limit()
    {
        var (_, media) = await FileAsync(1000);
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(new byte[50_000], context.RequestAborted);
        });

        Assert.Equal(new MediaTooLarge(1_000_000), await DownloadAsync(media, FixedConnections.To(host), LoopbackHost.Quick with { MaxDownload = 1_000_000 }));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_file_announced_as_too_large_is_not_read()
    {
        var (_, media) = await FileAsync(1000);
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            context.Response.ContentLength = 3L * 1024 * 1024 * 1024;
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var options = LoopbackHost.Quick with { MaxDownload = 1_000_000 };

        Assert.Equal(new MediaTooLarge(1_000_000), await DownloadAsync(media, FixedConnections.To(host), options));
        Assert.Single(host.Requests);
        Assert.Equal(new MediaTooLarge(1_000_000), await DownloadAsync(media with { FileLength = 2_000_000 }, FixedConnections.To(host), options));
        Assert.Single(host.Requests);
    }

    [Fact]
    public async Task A_body_that_trickles_is_given_up()
    {
        var (blob, media) = await FileAsync(100_000);
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            context.Response.ContentLength = blob.Length;
            for (var i = 0; !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.Body.WriteAsync(blob.AsMemory(i, 1), context.RequestAborted);
                await Task.Delay(20, context.RequestAborted);
            }
        });
        var options = LoopbackHost.Quick with { StallTimeout = TimeSpan.FromMilliseconds(300), DownloadTries = 2 };
        var watch = Stopwatch.StartNew();

        Assert.Equal(new MediaUnreachable(null), await DownloadAsync(media, FixedConnections.To(host), options));
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(30));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task The_total_time_bounds_all_tries()
    {
        var (_, media) = await FileAsync(1000);
        await using var host = await LoopbackHost.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var options = LoopbackHost.Quick with { TotalTimeout = TimeSpan.FromMilliseconds(300), DownloadTries = 1000 };

        Assert.Equal(new MediaUnreachable(null), await DownloadAsync(media, FixedConnections.To(host), options));
        Assert.Single(host.Requests);
    }

    [Theory, InlineData(500), InlineData(503), InlineData(429)]
    public async Task A_busy_host_is_asked_again(int status)
    {
        var (blob, media) = await FileAsync(1000);
        var tries = 0;
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            if (++tries < 3)
            {
                context.Response.StatusCode = status;
                context.Response.Headers.RetryAfter = "0";
            }
            else
                await context.Response.Body.WriteAsync(blob);
        });

        Assert.Equal(new MediaStored(Target, 1000), await DownloadAsync(media, FixedConnections.To(host)));
    }

    [Theory, InlineData(301), InlineData(400), InlineData(451)]
    public async Task Any_other_answer_means_the_next_host(int status)
    {
        var (blob, media) = await FileAsync(1000);
        await using var bad = await LoopbackHost.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "https://127.0.0.1/elsewhere";
            return Task.CompletedTask;
        });
        await using var good = await LoopbackHost.StartAsync(context => context.Response.Body.WriteAsync(blob).AsTask());

        Assert.Equal(new MediaStored(Target, 1000), await DownloadAsync(media, FixedConnections.To(bad, good)));
        Assert.Single(bad.Requests);
    }

    private Task<DownloadOutcome> DownloadAsync(MediaDescriptor media, IMediaConnectionSource? connections, MediaTransferOptions? options = null) =>
        new MediaDownload(_http, connections, options ?? LoopbackHost.Quick, TimeProvider.System).DownloadAsync(media, Target, CancellationToken.None);

    private static async Task SendTruncatedAsync(HttpContext context, ReadOnlyMemory<byte> blob, int sent)
    {
        context.Response.ContentLength = blob.Length;
        await context.Response.Body.WriteAsync(blob[..sent]);
        await context.Response.Body.FlushAsync();
        if (sent < blob.Length)
            context.Abort();
    }

    private static async Task<(byte[] Blob, MediaDescriptor Media)> FileAsync(int size)
    {
        var mediaKey = MediaKeys.NewMediaKey();
        var (blob, facts) = await MediaVectorTests.EncryptAsync(size, mediaKey, MediaType.Image);
        return (blob, new MediaDescriptor(MediaType.Image)
        {
            DirectPath = DirectPath,
            MediaKey = mediaKey,
            FileSha256 = facts.FileSha256,
            FileEncSha256 = facts.FileEncSha256,
            FileLength = size,
        });
    }
}
