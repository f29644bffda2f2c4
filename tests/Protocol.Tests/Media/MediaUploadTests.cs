using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class MediaUploadTests : IDisposable
{
    private const string Success = """{"url":"https://mmg.whatsapp.net/v/1","direct_path":"/v/t62/1?ccb=1","handle":"h1"}""";
    private static readonly UploadedMedia Uploaded = new("https://mmg.whatsapp.net/v/1", "/v/t62/1?ccb=1", "h1");

    private readonly HttpMessageInvoker _http = LoopbackHost.NewClient();
    private readonly string _file = Path.GetTempFileName();
    private byte[] _content = [];

    public void Dispose()
    {
        _http.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task A_file_goes_to_the_host_with_token_and_hash()
    {
        byte[] received = [];
        var headers = new Dictionary<string, string>();
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            foreach (var (name, value) in context.Request.Headers)
                headers[name] = value.ToString();
            received = await BodyAsync(context);
            await context.Response.WriteAsync(Success);
        });

        var uploaded = await UploadAsync(1000, new FixedConnections(FixedConnections.Connection("a+b/c=", host)));

        var token = UploadAddress.TokenOf(SHA256.HashData(_content));
        Assert.Equal(Uploaded, uploaded);
        Assert.Equal(_content, received);
        Assert.Equal([$"POST /mms/image/{token}?auth=a%2Bb%2Fc%3D&token={token}"], host.Requests);
        Assert.Equal("https://web.whatsapp.com", headers["Origin"]);
        Assert.Equal("https://web.whatsapp.com/", headers["Referer"]);
        Assert.Equal("application/octet-stream", headers["Content-Type"]);
        Assert.Equal("1000", headers["Content-Length"]);
    }

    [Theory, InlineData("503"), InlineData("507"), InlineData("302"), InlineData("abort"), InlineData("no path"), InlineData("html"), InlineData("endless")]
    public async Task A_host_that_does_not_take_it_is_followed_by_the_next(string refusal)
    {
        await using var bad = await LoopbackHost.StartAsync(context => RefuseAsync(context, refusal));
        await using var good = await LoopbackHost.StartAsync(async context =>
        {
            Assert.Equal(_content, await BodyAsync(context));
            await context.Response.WriteAsync(Success);
        });

        Assert.Equal(Uploaded, await UploadAsync(300_000, FixedConnections.To(bad, good)));
        Assert.NotEmpty(bad.Requests);
        Assert.Single(good.Requests);
    }

    [Fact]
    public async Task A_host_nobody_listens_on_is_followed_by_the_next()
    {
        var gone = await LoopbackHost.StartAsync(_ => Task.CompletedTask);
        await gone.DisposeAsync();
        await using var good = await LoopbackHost.StartAsync(TakeAsync);

        Assert.Equal(Uploaded, await UploadAsync(1000, FixedConnections.To(gone, good)));
    }

    [Fact]
    public async Task A_host_that_never_answers_is_left_after_the_stall_time()
    {
        await using var slow = await LoopbackHost.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var good = await LoopbackHost.StartAsync(TakeAsync);
        var options = LoopbackHost.Quick with { StallTimeout = TimeSpan.FromMilliseconds(500), UploadTries = 1 };

        Assert.Equal(Uploaded, await UploadAsync(1000, FixedConnections.To(slow, good), options));
    }

    [Fact]
    public async Task When_every_host_refuses_the_error_says_what_each_said()
    {
        await using var first = await LoopbackHost.StartAsync(context => RefuseAsync(context, "503"));
        await using var second = await LoopbackHost.StartAsync(context => RefuseAsync(context, "413"));

        var failed = await Assert.ThrowsAsync<MediaUploadException>(() => UploadAsync(1000, FixedConnections.To(first, second)));

        Assert.Equal([503, 413], failed.Failures.Select(failure => failure.Status));
        Assert.DoesNotContain("secret", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_token_is_renewed_once()
    {
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            if (context.Request.Query["auth"] == "new")
                await TakeAsync(context);
            else
                await RefuseAsync(context, "401");
        });
        var connections = new FixedConnections(FixedConnections.Connection("old", host), FixedConnections.Connection("new", host));

        Assert.Equal(Uploaded, await UploadAsync(1000, connections));
        Assert.Equal(1, connections.Refreshes);
    }

    [Fact]
    public async Task A_token_that_stays_refused_is_an_error()
    {
        await using var host = await LoopbackHost.StartAsync(context => RefuseAsync(context, "403"));
        var connections = FixedConnections.To(host);

        await Assert.ThrowsAsync<MediaUploadException>(() => UploadAsync(1000, connections));

        Assert.Equal(1, connections.Refreshes);
        Assert.Equal(2, host.Requests.Count);
    }

    [Fact]
    public async Task A_large_upload_goes_on_where_it_broke_off()
    {
        byte[] stored = [];
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            if (context.Request.Query.ContainsKey("resume"))
                await context.Response.WriteAsync($$"""{"resume":"{{stored.Length}}"}""");
            else if (stored.Length == 0)
            {
                stored = new byte[150_000];
                await context.Request.Body.ReadExactlyAsync(stored);
                context.Abort();
            }
            else
            {
                Assert.Equal("150000", context.Request.Query["file_offset"]);
                stored = [.. stored, .. await BodyAsync(context)];
                await context.Response.WriteAsync(Success);
            }
        });

        Assert.Equal(Uploaded, await UploadAsync(400_000, FixedConnections.To(host), LoopbackHost.Quick with { ResumeFrom = 200_000 }));
        Assert.Equal(_content, stored);
    }

    [Fact]
    public async Task A_file_the_host_has_already_is_not_sent_again()
    {
        await using var host = await LoopbackHost.StartAsync(context => context.Response.WriteAsync(Success.Replace("{", """{"resume":"complete",""", StringComparison.Ordinal)));

        Assert.Equal(Uploaded, await UploadAsync(400_000, FixedConnections.To(host), LoopbackHost.Quick with { ResumeFrom = 1 }));
        Assert.EndsWith("&resume=1", Assert.Single(host.Requests), StringComparison.Ordinal);
    }

    [Theory, InlineData("""{"resume":"0"}"""), InlineData("""{"resume":"999999999"}"""), InlineData("""{"resume":"-5"}"""), InlineData("<html>"), InlineData("[]"), InlineData("")]
    public async Task A_strange_answer_to_the_resume_question_means_sending_all(string answer)
    {
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            if (context.Request.Query.ContainsKey("resume"))
                await context.Response.WriteAsync(answer);
            else
            {
                Assert.Equal(_content, await BodyAsync(context));
                await context.Response.WriteAsync(Success);
            }
        });

        Assert.Equal(Uploaded, await UploadAsync(10_000, FixedConnections.To(host), LoopbackHost.Quick with { ResumeFrom = 1 }));
    }

    [Fact]
    public async Task A_channels_file_goes_plain_under_its_own_path()
    {
        await using var host = await LoopbackHost.StartAsync(TakeAsync);

        await UploadAsync(1000, FixedConnections.To(host), target: UploadTarget.Channel(MediaType.Voice));

        Assert.Matches(@"^POST /newsletter/newsletter-ptt/[\w-]{43}\?auth=secret&token=[\w-]{43}&media_id=\d+$", Assert.Single(host.Requests));
    }

    [Fact]
    public void Kinds_that_are_never_uploaded_are_refused()
    {
        Assert.Throws<ArgumentException>(() => UploadTarget.Encrypted(MediaType.XmaImage));
        Assert.Throws<ArgumentException>(() => UploadTarget.Channel(MediaType.History));
    }

    [Fact]
    public async Task The_caller_can_end_it()
    {
        using var stop = new CancellationTokenSource();
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => UploadAsync(1000, FixedConnections.To(host), cancellationToken: stop.Token));
    }

    private async Task<UploadedMedia> UploadAsync(
        int size, IMediaConnectionSource connections, MediaTransferOptions? options = null, UploadTarget? target = null, CancellationToken cancellationToken = default)
    {
        _content = RandomNumberGenerator.GetBytes(size);
        await File.WriteAllBytesAsync(_file, _content, cancellationToken);
        return await new MediaUpload(_http, connections, options ?? LoopbackHost.Quick, TimeProvider.System)
            .UploadAsync(target ?? UploadTarget.Encrypted(MediaType.Image), _file, SHA256.HashData(_content), cancellationToken);
    }

    private static async Task TakeAsync(HttpContext context)
    {
        await BodyAsync(context);
        await context.Response.WriteAsync(Success);
    }

    private static async Task RefuseAsync(HttpContext context, string refusal)
    {
        switch (refusal)
        {
            case "abort":
                await context.Request.Body.ReadExactlyAsync(new byte[1000]);
                context.Abort();
                break;
            case "no path":
                await BodyAsync(context);
                await context.Response.WriteAsync("""{"url":"https://x"}""");
                break;
            case "html":
                await BodyAsync(context);
                await context.Response.WriteAsync("<html></html>");
                break;
            case "endless":
                await BodyAsync(context);
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.Body.WriteAsync(new byte[10_000], context.RequestAborted);
                break;
            default:
                await BodyAsync(context);
                context.Response.StatusCode = int.Parse(refusal);
                break;
        }
    }

    private static async Task<byte[]> BodyAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return body.ToArray();
    }
}
