using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Tests.Media;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Protocol.Tests.Sandbox;

/// <summary>The media hosts, spoken to in plain HTTP and by the transfers of the product.</summary>
public sealed class MediaHostTests : IAsyncLifetime
{
    private readonly byte[] _file = RandomNumberGenerator.GetBytes(300_010);
    private SandboxNetwork _network = null!;
    private HttpClient _http = null!;
    private string _auth = "";

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _http = SandboxHttp.Client(_network);
        await using var client = await _network.LinkAsync(_network.AddPhone("5511900000001"));
        var connection = (await client.AskAsync("set", "w:m", new Node("media_conn"))).Child("media_conn")!;
        _auth = connection["auth"]!;
        Assert.Equal(_network.MediaHosts, connection.ChildrenOf("host").Select(host => host["hostname"]));
        Assert.Equal(["primary", "fallback"], connection.ChildrenOf("host").Select(host => host["type"]));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _network.DisposeAsync();
    }

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task An_uploaded_file_is_given_by_both_hosts_whole_and_by_range()
    {
        var path = await UploadedAsync(0);

        for (var host = 0; host < 2; host++)
        {
            Assert.Equal(_file, await _http.GetByteArrayAsync(At(host, path), Limit));
            using var request = new HttpRequestMessage(HttpMethod.Get, At(host, path)) { Headers = { Range = new RangeHeaderValue(100, 199) } };
            using var answer = await _http.SendAsync(request, Limit);
            Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
            Assert.Equal(_file[100..200], await answer.Content.ReadAsByteArrayAsync(Limit));
            Assert.Equal(_file.Length, answer.Content.Headers.ContentRange!.Length);
        }
        Assert.Equal((1, 4, _file.Length), (_network.Stats.MediaUploads, _network.Stats.MediaDownloads, _network.Stats.MediaBytesReceived));
    }

    [Fact]
    public async Task A_file_that_is_not_what_its_token_says_is_refused()
    {
        using var content = new ByteArrayContent(_file[1..]);
        Assert.Equal(HttpStatusCode.BadRequest, (await _http.PostAsync(UploadUri(0), content, Limit)).StatusCode);
        Assert.Equal(1, _network.Stats.Violations);
        Assert.Equal(HttpStatusCode.BadRequest, (await _http.PostAsync(new Uri($"https://{_network.MediaHosts[0]}/mms/image/short?auth={_auth}&token=short"), content, Limit)).StatusCode);
    }

    [Fact]
    public async Task An_upload_without_the_right_token_of_media_conn_is_unauthorized()
    {
        _auth = "guess";
        using var content = new ByteArrayContent(_file);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _http.PostAsync(UploadUri(0), content, Limit)).StatusCode);
    }

    [Fact]
    public async Task A_broken_upload_is_resumed_where_it_broke()
    {
        _network.Faults.Add(new Fault { Kind = FaultKind.MediaCut, Bytes = 100_000, On = "upload" });
        using (var whole = new ByteArrayContent(_file))
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => _http.PostAsync(UploadUri(0), whole, Limit));

        // The host notices the cut by itself; until then the file is being written.
        var (offset, limit) = (0, Limit);
        for (; offset != 100_000; limit.ThrowIfCancellationRequested())
            offset = int.Parse((await JsonAsync(UploadUri(0, "&resume=1"), [])).GetProperty("resume").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        var path = (await JsonAsync(UploadUri(1, "&file_offset=100000"), _file[100_000..])).GetProperty("direct_path").GetString()!;
        Assert.Equal(_file, await _http.GetByteArrayAsync(At(0, path), Limit));

        var again = await JsonAsync(UploadUri(0, "&resume=1"), []);
        Assert.Equal(("complete", path.Split('?')[0]), (again.GetProperty("resume").GetString(), again.GetProperty("direct_path").GetString()!.Split('?')[0]));
        Assert.Equal(_file.Length, _network.Stats.MediaBytesReceived);
    }

    [Fact]
    public async Task What_expired_is_gone_and_what_never_was_is_not_found()
    {
        var path = await UploadedAsync(0);
        Assert.Equal(1, _network.ExpireMedia());
        Assert.Equal(HttpStatusCode.Gone, (await _http.GetAsync(At(0, path), Limit)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(At(0, "/v/image/none.enc"), Limit)).StatusCode);

        var renewed = await UploadedAsync(0);
        Assert.NotEqual(path, renewed);
        Assert.Equal(_file, await _http.GetByteArrayAsync(At(1, renewed), Limit));
    }

    [Fact]
    public async Task Faults_strike_the_host_and_the_direction_they_name()
    {
        _network.Faults.Add(new Fault { Kind = FaultKind.MediaStatus, Status = 503, Host = 1, On = "upload" });
        using (var content = new ByteArrayContent(_file))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _http.PostAsync(UploadUri(0), content, Limit)).StatusCode);
        var path = await UploadedAsync(0);

        _network.Faults.Add(new Fault { Kind = FaultKind.MediaStatus, Status = 404, Host = 2 });
        Assert.Equal(_file, await _http.GetByteArrayAsync(At(0, path), Limit));
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(At(1, path), Limit)).StatusCode);

        _network.Faults.Add(new Fault { Kind = FaultKind.MediaCorrupt });
        var changed = await _http.GetByteArrayAsync(At(0, path), Limit);
        Assert.Equal(1, changed.Zip(_file).Count(pair => pair.First != pair.Second));

        _network.Faults.Add(new Fault { Kind = FaultKind.MediaShort, Bytes = 1000 });
        Assert.Equal(_file[..1000], await _http.GetByteArrayAsync(At(0, path), Limit));

        _network.Faults.Add(new Fault { Kind = FaultKind.MediaCut, Bytes = 1000 });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _http.GetByteArrayAsync(At(0, path), Limit));

        _network.Faults.Add(new Fault { Kind = FaultKind.MediaSlow, Ms = 20 });
        var start = TimeProvider.System.GetTimestamp();
        Assert.Equal(_file, await _http.GetByteArrayAsync(At(0, path), Limit));
        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(60));
    }

    [Fact]
    public async Task The_products_transfers_work_with_them_and_go_to_the_fallback()
    {
        using var folder = new MediaFolder();
        var (source, target) = (folder.File("source"), folder.File("target"));
        await File.WriteAllBytesAsync(source, _file, Limit);
        var options = new MediaTransferOptions { PublicHosts = [], RetryDelay = TimeSpan.FromMilliseconds(10) };
        var connections = new Fixed(new MediaConnection(_auth, [.. _network.MediaHosts.Select((host, at) => new MediaHost(host, at > 0))], DateTimeOffset.MaxValue));

        _network.Faults.Add(new Fault { Kind = FaultKind.MediaStatus, Status = 500, Host = 1, On = "upload" });
        var uploaded = await new MediaUpload(_http, connections, options, TimeProvider.System)
            .UploadAsync(UploadTarget.Encrypted(MediaType.Image), source, SHA256.HashData(_file), Limit);
        _network.Faults.Add(new Fault { Kind = FaultKind.MediaCut, Bytes = 70_000, On = "download" });
        var outcome = await new MediaDownload(_http, connections, options, TimeProvider.System)
            .DownloadAsync(new MediaDescriptor(MediaType.Image) { DirectPath = uploaded.DirectPath, FileSha256 = SHA256.HashData(_file) }, target, Limit);

        Assert.Equal(new MediaStored(target, _file.Length), outcome);
        Assert.Equal(_file, await File.ReadAllBytesAsync(target, Limit));
        Assert.Equal(0, _network.Stats.Violations);
    }

    private sealed class Fixed(MediaConnection connection) : IMediaConnectionSource
    {
        public Task<MediaConnection> GetAsync(CancellationToken cancellationToken) => Task.FromResult(connection);

        public Task<MediaConnection> RefreshAsync(MediaConnection refused, CancellationToken cancellationToken) => Task.FromResult(connection);
    }

    private Uri At(int host, string path) => new($"https://{_network.MediaHosts[host]}{path}");

    private Uri UploadUri(int host, string extra = "")
    {
        var token = Base64Url.EncodeToString(SHA256.HashData(_file));
        return At(host, $"/mms/image/{token}?auth={_auth}&token={token}{extra}");
    }

    private async Task<string> UploadedAsync(int host) => (await JsonAsync(UploadUri(host), _file)).GetProperty("direct_path").GetString()!;

    private async Task<JsonElement> JsonAsync(Uri address, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        using var answer = await _http.PostAsync(address, content, Limit);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync(Limit));
    }
}
