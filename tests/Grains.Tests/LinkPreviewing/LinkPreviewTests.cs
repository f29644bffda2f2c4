using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SkiaSharp;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.LinkPreviewing;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Outbound;

namespace WhatsApp.Grains.Tests.LinkPreviewing;

/// <summary>Pages that mean well and others that do not.</summary>
public sealed class LinkPreviewTests : IAsyncLifetime
{
    private readonly string _work = Path.Combine(Path.GetTempPath(), "wa-previews-" + Guid.NewGuid().ToString("N"));
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MediaWorker _worker = new(new MediaWorkerOptions());
    private WebApplication? _server;
    private LinkPreviews _previews = null!;
    private string _port = "";

    private static CancellationToken None => CancellationToken.None;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Map("/{**path}", AnswerAsync);
        await _server.StartAsync();
        _port = new Uri(_server.Urls.Single()).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var outbound = new OutboundOptions();
        outbound.AllowedHosts.Add("127.0.0.1");
        _previews = new LinkPreviews(new OutboundGuard(Options.Create(outbound)), new MediaOptions { AllowHttp = true }, _worker, _work, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _previews.Dispose();
        _worker.Dispose();
        await _server!.DisposeAsync();
        if (Directory.Exists(_work))
        {
            Assert.Empty(Directory.GetFiles(_work));
            Directory.Delete(_work);
        }
    }

    [Fact]
    public async Task The_first_link_gets_title_description_and_a_small_picture()
    {
        var preview = await _previews.MakeAsync("shop", new TextContent($"look at {At("page")}."), None);

        Assert.Equal((At("page"), "Shop", "All we sell"), (preview!.Link, preview.Title, preview.Description));
        using var picture = SKBitmap.Decode(preview.Thumbnail);
        Assert.Equal((192, 96), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task What_the_caller_tells_is_taken_and_the_page_is_not_asked()
    {
        var text = new TextContent("a https://nowhere.example/x") { Preview = new LinkPreviewWish(true) { Title = "Mine", Url = "nowhere.example/x", ThumbnailUrl = At("logo.png") } };

        var preview = await _previews.MakeAsync("shop", text, None);

        Assert.Equal(("nowhere.example/x", "Mine", null), (preview!.Link, preview.Title, preview.Description));
        Assert.NotNull(preview.Thumbnail);
    }

    [Theory]
    [InlineData("huge.png")]
    [InlineData("text.png")]
    [InlineData("missing.png")]
    public async Task A_bad_picture_costs_the_picture_only(string picture)
    {
        var preview = await _previews.MakeAsync("shop", new TextContent(At("page?picture=" + picture)), None);

        Assert.Equal(("Shop", null), (preview!.Title, preview.Thumbnail));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("logo.png")]
    [InlineData("hop-private")]
    [InlineData("loop")]
    public async Task A_page_that_cannot_be_had_costs_the_preview_only(string path) =>
        Assert.Null(await _previews.MakeAsync("shop", new TextContent(At(path)), None));

    [Fact]
    public async Task Only_the_start_of_an_endless_page_is_read() =>
        Assert.Equal("Endless", (await _previews.MakeAsync("shop", new TextContent(At("endless")), None))!.Title);

    [Fact]
    public async Task A_slow_page_is_given_up_after_three_seconds()
    {
        var making = _previews.MakeAsync("shop", new TextContent(At("slow")), None);
        await _asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(making.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Null(await making.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Without_a_wish_nobody_is_asked()
    {
        Assert.Null(await _previews.MakeAsync("shop", new TextContent(At("page")) { Preview = new LinkPreviewWish(false) }, None));
        Assert.False(_asked.Task.IsCompleted);
    }

    private string At(string path) => $"http://127.0.0.1:{_port}/{path}";

    private Task AnswerAsync(HttpContext context)
    {
        _asked.TrySetResult();
        return context.Request.Path.Value switch
        {
            "/page" => PageAsync(context, $"<title>Shop</title><meta name=description content='All we sell'><meta property=og:image content='{Picture(context)}'>"),
            "/logo.png" => BytesAsync(context, "image/png", Png(400, 200)),
            "/huge.png" => BytesAsync(context, "image/png", [.. Png(40, 20), .. new byte[300 * 1024]]),
            "/text.png" => BytesAsync(context, "image/png", "no picture"u8.ToArray()),
            "/hop-private" => Redirect(context, "http://10.0.0.1/page"),
            "/loop" => Redirect(context, "/loop"),
            "/endless" => EndlessAsync(context),
            "/slow" => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default),
            _ => Missing(context),
        };
    }

    private static string Picture(HttpContext context) => context.Request.Query["picture"] is [{ } name] ? name : "logo.png";

    private static Task PageAsync(HttpContext context, string html)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(html);
    }

    private static Task BytesAsync(HttpContext context, string type, byte[] bytes)
    {
        context.Response.ContentType = type;
        return context.Response.Body.WriteAsync(bytes).AsTask();
    }

    private static Task Redirect(HttpContext context, string to)
    {
        context.Response.Redirect(to);
        return Task.CompletedTask;
    }

    private static Task Missing(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private static async Task EndlessAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html";
        await context.Response.WriteAsync("<title>Endless</title>");
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.WriteAsync(new string(' ', 4096));
    }

    private static byte[] Png(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(SKColors.Teal);
        return bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray();
    }
}
