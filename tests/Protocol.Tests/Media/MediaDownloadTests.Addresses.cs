using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Protocol.Tests.Media;

public sealed partial class MediaDownloadTests
{
    [Fact]
    public async Task Without_a_connection_the_public_hosts_are_asked()
    {
        var (blob, media) = await FileAsync(1000);
        await using var host = await LoopbackHost.StartAsync(context => context.Response.Body.WriteAsync(blob).AsTask());

        Assert.Equal(new MediaStored(Target, 1000), await DownloadAsync(media, null, LoopbackHost.Quick with { PublicHosts = [host.Host] }));
        Assert.Equal("mmg.whatsapp.net", new MediaTransferOptions().PublicHosts[0].Hostname);
    }

    [Fact]
    public async Task A_channels_file_is_checked_by_its_hash()
    {
        var plain = MediaVectorTests.Plaintext(70_000);
        var media = new MediaDescriptor(MediaType.Image) { DirectPath = DirectPath, FileSha256 = SHA256.HashData(plain) };
        await using var host = await LoopbackHost.StartAsync(context => context.Response.Body.WriteAsync(plain).AsTask());

        Assert.Equal(new MediaStored(Target, 70_000), await DownloadAsync(media, FixedConnections.To(host)));
        Assert.Equal(plain, await File.ReadAllBytesAsync(Target));
        Assert.Equal(new MediaDamaged(MediaDamage.PlaintextHash), await DownloadAsync(media with { FileSha256 = new byte[32] }, FixedConnections.To(host)));
    }

    [Fact]
    public async Task The_url_serves_when_there_is_no_path()
    {
        var (blob, media) = await FileAsync(1000);
        await using var host = await LoopbackHost.StartAsync(context => context.Response.Body.WriteAsync(blob).AsTask());

        Assert.Equal(new MediaStored(Target, 1000), await DownloadAsync(media with { DirectPath = null, Url = $"https://{host.Host.Hostname}/v/x" }, null));
    }

    public static TheoryData<string, string?> Useless => new()
    {
        { "no address", null }, { "no address", "https://web.whatsapp.net" }, { "no address", "http://127.0.0.1/x" }, { "no address", "file:///etc/passwd" },
        { "no address", "https://user@127.0.0.1/x" }, { "no address", "nonsense" },
    };

    [Theory, MemberData(nameof(Useless))]
    public async Task Addresses_that_lead_nowhere_are_not_asked(string reason, string? url)
    {
        var (_, media) = await FileAsync(10);

        Assert.Equal(new MediaUnusable(reason), await DownloadAsync(media with { DirectPath = null, Url = url }, null));
    }

    [Fact]
    public async Task A_description_without_means_to_check_is_refused()
    {
        var (_, media) = await FileAsync(10);

        Assert.IsType<MediaUnusable>(await DownloadAsync(media with { MediaKey = null, FileSha256 = null }, null));
        Assert.IsType<MediaUnusable>(await DownloadAsync(media with { MediaKey = [1, 2, 3] }, null));
    }

    [Theory, InlineData("@evil.example/x"), InlineData("v/x"), InlineData("/x\\y"), InlineData("/x y"), InlineData("/x\r\nHost: evil"), InlineData("")]
    public void Paths_that_lead_elsewhere_are_not_asked(string path) => Assert.Null(DownloadAddress.Of(new MediaHost("mmg.whatsapp.net", false), path));

    [Theory, InlineData("//evil.example/x"), InlineData("/../x"), InlineData("/x?y=https://evil.example")]
    public void Odd_paths_stay_on_their_host(string path) =>
        Assert.Equal("mmg.whatsapp.net", DownloadAddress.Of(new MediaHost("mmg.whatsapp.net", false), path)!.Host);

    [Fact]
    public async Task The_caller_can_end_it()
    {
        var (blob, media) = await FileAsync(500_000);
        using var stop = new CancellationTokenSource();
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            context.Response.ContentLength = blob.Length;
            await context.Response.Body.WriteAsync(blob.AsMemory(0, 100_000));
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new MediaDownload(_http, FixedConnections.To(host), LoopbackHost.Quick, TimeProvider.System)
            .DownloadAsync(media, Target, stop.Token));
        Assert.Empty(Directory.GetFiles(_folder));
    }
}
