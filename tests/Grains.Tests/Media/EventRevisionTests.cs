using System.Text.Json;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Tests.Media;

/// <summary>What the events that wait for a file are told of it.</summary>
public sealed class EventRevisionTests
{
    private static readonly byte[] Body = """{"id":"evt_1","data":{"text":"a","media":{"size":3,"url":"http://y","base64":null,"status":"lazy"}}}"""u8.ToArray();

    private static async Task<(bool Told, JsonElement Media)> TellAsync(FetchRig rig, string include, long length = 3)
    {
        rig.Request = new CreateInstance { Webhooks = [new WebhookEndpoint { Url = "http://x", IncludeMedia = include }] };
        await rig.AddAsync(rig.Row("A1"), new OutboxRow("w1", 1, "evt_1", "message.received", Body, rig.Now) { DueAt = rig.Now + 5000 });
        await rig.Parts.Objects.PutAsync("received/ana/1", new MemoryStream(new byte[length]), length, "image/png");
        var stored = rig.Row("A1") with { State = MediaState.Stored, ObjectKey = "received/ana/1", ContentType = "image/png", StoredLength = length };

        var told = await new EventRevision(FetchRig.Instance, rig.Parts).TellAsync(stored, rig.Request, default);

        return (told, JsonElement.Parse(Assert.Single(await rig.ClaimAsync()).Body).GetProperty("data").GetProperty("media"));
    }

    [Fact]
    public async Task An_event_is_told_where_the_file_is()
    {
        await using var rig = new FetchRig();

        var (told, media) = await TellAsync(rig, "url");

        Assert.True(told);
        Assert.Equal(("stored", "image/png", JsonValueKind.Null, 3), (media.GetProperty("status").GetString(), media.GetProperty("contentType").GetString(), media.GetProperty("base64").ValueKind, media.GetProperty("size").GetInt32()));
        Assert.StartsWith("http://x/instances/ana/messages/A1/media?token=", media.GetProperty("url").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_hands_files_out_itself_is_linked_directly()
    {
        await using var rig = new FetchRig(inner => new OpenStore(inner));

        Assert.Equal("https://s3.example.com/bucket/received/ana/1?X-Amz-Signature=1", (await TellAsync(rig, "url")).Media.GetProperty("url").GetString());
    }

    [Fact]
    public async Task A_store_that_cannot_be_reached_costs_the_direct_link_and_the_bytes_but_not_the_event()
    {
        await using var rig = new FetchRig(inner => new OpenStore(inner) { IsAway = true });

        var media = (await TellAsync(rig, "base64")).Media;

        Assert.Equal(("stored", JsonValueKind.Null), (media.GetProperty("status").GetString(), media.GetProperty("base64").ValueKind));
        Assert.StartsWith("http://x/instances/", media.GetProperty("url").GetString(), StringComparison.Ordinal);
    }

    [Theory, InlineData(1024 * 1024, true), InlineData(1024 * 1024 + 1, false)]
    public async Task Only_small_files_go_into_the_event(int length, bool isInside)
    {
        await using var rig = new FetchRig();

        var base64 = (await TellAsync(rig, "base64", length)).Media.GetProperty("base64");

        Assert.Equal(isInside ? length : null, base64.ValueKind == JsonValueKind.String ? base64.GetBytesFromBase64().Length : (int?)null);
    }

    [Fact]
    public async Task An_event_that_is_on_its_way_already_stays_as_it_is()
    {
        await using var rig = new FetchRig();
        await rig.AddAsync(rig.Row("A1"), new OutboxRow("w1", 1, "evt_1", "message.received", Body, rig.Now) { DueAt = rig.Now + 5000 });
        rig.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.False(await new EventRevision(FetchRig.Instance, rig.Parts).TellAsync(rig.Row("A1") with { State = MediaState.Failed, Failure = "damaged" }, rig.Request, default));

        Assert.Equal(Body, Assert.Single(await rig.ClaimAsync()).Body);
    }

    /// <summary>Hands out addresses as S3 does, and can be away.</summary>
    private sealed class OpenStore(IObjectStore inner) : IObjectStore
    {
        public bool IsAway { get; init; }

        public Task PutAsync(string key, Stream content, long? length, string contentType, CancellationToken cancellationToken) => inner.PutAsync(key, content, length, contentType, cancellationToken);

        public Task<StoredObject?> OpenAsync(string key, ByteRange? range, CancellationToken cancellationToken) =>
            IsAway ? Task.FromException<StoredObject?>(new IOException("away")) : inner.OpenAsync(key, range, cancellationToken);

        public Task DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

        public Task DeletePrefixAsync(string prefix, CancellationToken cancellationToken) => inner.DeletePrefixAsync(prefix, cancellationToken);

        public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

        public Task<Uri?> PresignAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken) =>
            IsAway ? Task.FromException<Uri?>(new IOException("away")) : Task.FromResult<Uri?>(new Uri($"https://s3.example.com/bucket/{key}?X-Amz-Signature=1"));
    }
}
