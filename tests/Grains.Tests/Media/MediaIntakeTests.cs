using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Outbound;

namespace WhatsApp.Grains.Tests.Media;

/// <summary>Files of callers, from addresses that mean well and others that do not.</summary>
public sealed class MediaIntakeTests : IAsyncLifetime
{
    private const long Limit = 1024 * 1024;
    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. new byte[5000]];

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "wa-intake-" + Guid.NewGuid().ToString("N"));
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private WebApplication? _server;
    private FolderObjectStore _store = null!;
    private MediaIntake _intake = null!;
    private string _address = "";

    private static CancellationToken None => CancellationToken.None;
    private static IntakeRules Rules { get; } = new("shop", "url", Limit);

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Map("/{**path}", AnswerAsync);
        await _server.StartAsync();
        // By name it is allowed, by address it is not: what redirects there is a redirect to a private address.
        _address = new UriBuilder(_server.Urls.Single()) { Host = "localhost" }.Uri.ToString();
        var outbound = new OutboundOptions();
        outbound.AllowedHosts.Add("localhost");
        _store = new FolderObjectStore(_folder);
        _intake = new MediaIntake(_store, new OutboundGuard(Options.Create(outbound)), new MediaOptions { AllowHttp = true }, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _intake.Dispose();
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/logo.png" => WriteAsync(context, "image/png", Png),
        "/named" => WriteAsync(context, "application/octet-stream", Png, name: "attachment; filename=\"a/b\\\\c.png\""),
        "/page" or "/page.html" => WriteAsync(context, "text/html", "<!doctype html><p>no such file</p>"u8.ToArray()),
        "/hop1" => RedirectAsync(context, "hop2"),
        "/hop2" => RedirectAsync(context, "/hop3"),
        "/hop3" => RedirectAsync(context, "logo.png"),
        "/loop" => RedirectAsync(context, "/loop"),
        "/private" => RedirectAsync(context, $"http://127.0.0.1:{context.Connection.LocalPort}/logo.png"),
        "/metadata" => RedirectAsync(context, "http://169.254.169.254/latest"),
        "/file" => RedirectAsync(context, "file:///etc/passwd"),
        "/endless" => EndlessAsync(context),
        "/announced" => StuckAsync(context, length: 3L * 1024 * 1024 * 1024),
        "/short" => WriteAsync(context, "image/png", Png, length: Png.Length + 100),
        "/silent" => Task.Delay(Timeout.Infinite, context.RequestAborted),
        "/stuck" => StuckAsync(context),
        _ => WriteAsync(context, "text/plain", "gone"u8.ToArray(), status: 404),
    };

    [Fact]
    public async Task A_file_is_fetched_over_redirects_with_its_type_name_and_hash()
    {
        var staged = await _intake.FetchAsync(Rules, _address + "hop1", None);

        Assert.Equal(("image/png", "logo.png", (long)Png.Length), (staged.Mimetype, staged.FileName, staged.Length));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Png)), staged.Sha256);
        Assert.StartsWith("staging/shop/", staged.Key, StringComparison.Ordinal);
        await using (var stored = await _store.OpenAsync(staged.Key, null, None))
            Assert.Equal(Png.Length, stored!.TotalLength);
        await _intake.DiscardAsync(staged);
        Assert.Null(await _store.OpenAsync(staged.Key, null, None));
    }

    [Fact]
    public async Task A_name_of_the_server_is_a_name_and_no_path() => Assert.Equal("c.png", (await _intake.FetchAsync(Rules, _address + "named", None)).FileName);

    [Theory]
    [InlineData("private", "media-url-blocked"), InlineData("metadata", "media-url-blocked"), InlineData("file", "media-url-blocked")]
    [InlineData("loop", "media-fetch-failed"), InlineData("page", "media-fetch-failed"), InlineData("short", "media-fetch-failed"), InlineData("missing", "media-fetch-failed")]
    [InlineData("endless", "media-too-large"), InlineData("announced", "media-too-large")]
    public async Task What_is_wrong_with_an_address_is_told_and_nothing_stays(string path, string code)
    {
        var problem = await Assert.ThrowsAsync<InstanceProblemException>(() => _intake.FetchAsync(Rules, _address + path, None));

        Assert.Equal((code, "/url"), (problem.Code, problem.Facts["pointer"]));
        Assert.Equal(path == "missing" ? "404" : null, problem.Facts.GetValueOrDefault("upstreamStatus"));
        await foreach (var left in _store.ListAsync("staging/", None))
            Assert.Fail(left.Key + " was left");
    }

    [Theory]
    [InlineData("http://127.0.0.1/a"), InlineData("http://[::1]/a"), InlineData("http://10.0.0.1/a"), InlineData("http://2130706433/a"), InlineData("http://0x7f.1/a")]
    [InlineData("http://[::ffff:127.0.0.1]/a"), InlineData("ftp://example.org/a"), InlineData("http://user:secret@localhost/a"), InlineData("nothing"), InlineData("//localhost/a")]
    public async Task Private_addresses_and_strange_ones_are_blocked(string address) =>
        Assert.Equal("media-url-blocked", (await Assert.ThrowsAsync<InstanceProblemException>(() => _intake.FetchAsync(Rules, address, None))).Code);

    [Theory, InlineData("silent"), InlineData("stuck")]
    public async Task An_address_that_stands_still_is_given_up(string path)
    {
        var fetching = _intake.FetchAsync(Rules, _address + path, None);
        while (!fetching.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Equal("media-fetch-failed", (await Assert.ThrowsAsync<InstanceProblemException>(() => fetching)).Code);
    }

    [Fact]
    public async Task Without_permission_http_is_refused()
    {
        using var strict = new MediaIntake(_store, new OutboundGuard(Options.Create(new OutboundOptions { AllowPrivateNetworks = true })), new MediaOptions(), _time);

        Assert.Equal("media-url-blocked", (await Assert.ThrowsAsync<InstanceProblemException>(() => strict.FetchAsync(Rules, _address + "logo.png", None))).Code);
    }

    [Fact]
    public async Task A_web_page_is_a_file_when_it_is_named_so() => Assert.Equal("text/html", (await _intake.FetchAsync(Rules, _address + "page.html", None)).Mimetype);

    [Fact]
    public async Task An_upload_is_found_until_its_time_is_over_and_only_by_its_own_instance()
    {
        var staged = await _intake.StageAsync(Rules with { Field = "file", FileName = "a.png" }, new MemoryStream(Png), null, None);
        var kept = await _intake.KeepAsync(Rules with { FileName = "b.png" }, staged, None);
        await _intake.DiscardAsync(staged);

        var found = await _intake.FindAsync(Rules with { Field = "mediaId" }, kept.MediaId, None);
        Assert.Equal(("b.png", "image/png", staged.Sha256, false), (found.FileName, found.Mimetype, found.Sha256, found.IsTemporary));
        await _intake.DiscardAsync(found);
        Assert.NotNull(await _intake.FindAsync(Rules, kept.MediaId, None));

        await ProblemAsync("media-too-large", Rules with { MaxLength = 10 }, kept.MediaId);
        await ProblemAsync("media-not-found", Rules with { InstanceId = "other" }, kept.MediaId);
        foreach (var strange in new[] { "../" + kept.MediaId, "", ".", kept.MediaId + "/facts", new string('a', 600) })
            await ProblemAsync("media-not-found", Rules, strange);
        _time.Advance(TimeSpan.FromHours(25));
        await ProblemAsync("media-not-found", Rules, kept.MediaId);

        async Task ProblemAsync(string code, IntakeRules rules, string mediaId) =>
            Assert.Equal(code, (await Assert.ThrowsAsync<InstanceProblemException>(() => _intake.FindAsync(rules, mediaId, None))).Code);
    }

    [Fact]
    public async Task What_nobody_sent_in_time_is_swept_and_the_rest_is_not()
    {
        var options = new MediaOptions();
        var old = await _intake.StageAsync(Rules, new MemoryStream(Png), null, None);
        var kept = await _intake.KeepAsync(Rules, old, None);
        using var sweeper = new StagingSweeper(_store, options, _time, Microsoft.Extensions.Logging.Abstractions.NullLogger<StagingSweeper>.Instance);

        _time.Advance(TimeSpan.FromHours(1));
        await sweeper.SweepAsync(None);
        Assert.NotNull(await _store.OpenAsync(old.Key, null, None));
        Assert.NotNull(await _intake.FindAsync(Rules, kept.MediaId, None));

        _time.Advance(options.StagingLifetime);
        await sweeper.SweepAsync(None);
        Assert.Null(await _store.OpenAsync(old.Key, null, None));
        Assert.Null(await _store.OpenAsync(kept.File.Key, null, None));
    }

    private static async Task WriteAsync(HttpContext context, string type, byte[] bytes, long? length = null, string? name = null, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = length ?? bytes.Length;
        if (name is not null)
            context.Response.Headers.ContentDisposition = name;
        await context.Response.Body.WriteAsync(bytes);
        await context.Response.Body.FlushAsync();
        if (length > bytes.Length)
            context.Abort();
    }

    private static Task RedirectAsync(HttpContext context, string to)
    {
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = to;
        return Task.CompletedTask;
    }

    private static async Task EndlessAsync(HttpContext context)
    {
        context.Response.ContentType = "image/png";
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.Body.WriteAsync(Png, context.RequestAborted);
    }

    private static async Task StuckAsync(HttpContext context, long? length = null)
    {
        context.Response.ContentLength = length;
        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(Png);
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted);
    }
}
