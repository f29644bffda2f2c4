using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Webhooks;

/// <summary>What events tell of files, and how long they wait for them.</summary>
public sealed class MediaEventTests
{
    private const long Now = 1_763_825_400_123;
    private static readonly Jid Bia = Jid.Parse("5511900000002@s.whatsapp.net");
    private static readonly EventHold Hold = new(TimeSpan.FromSeconds(5), 1000);
    private static readonly SignedLinks Links = new(new byte[32], "https://wa.example.com", new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(Now)));
    private static readonly MediaInfo Image = new("image") { Mimetype = "image/jpeg", Size = 900, Width = 4, Height = 3, Sha256 = [1, 2, 3] };

    private static BatchRows Rows(MediaInfo? file = null, string policy = "auto", string source = "app", bool fromMe = false, params string[] includes)
    {
        var batch = new DeviceBatch();
        batch.Events.Add(new MessageArrived(new MessageInfo("A1", Bia, Bia, fromMe, source, "image", 1) { Media = file ?? Image, Text = "olá <b>" }));
        var key = new MessageKey(Bia, Bia, "A1");
        batch.Media[key] = new StoredMedia(key, fromMe, "image") { OwnUpload = source == "api" };
        var request = new CreateInstance
        {
            Webhooks = [.. (includes.Length == 0 ? ["url"] : includes).Select((include, index) => new WebhookEndpoint { Id = $"w{index + 1}", Url = "http://x", IncludeMedia = include })],
            Settings = new InstanceSettings { DownloadMedia = policy },
        };
        return BatchRows.Of(batch, request, new EventContext("shop", new Dictionary<string, string>(), null, null), Links, Hold, Now, 6);
    }

    private static JsonElement MediaOf(byte[] body) => JsonElement.Parse(body).GetProperty("data").GetProperty("media");

    [Fact]
    public void An_event_whose_file_is_fetched_waits_for_it_and_carries_a_link_meanwhile()
    {
        var rows = Rows();

        var row = Assert.Single(rows.Outbox);
        Assert.Equal((7L, Now, Now + 5000), (row.Sequence, row.CreatedAt, row.DueAt));
        var media = MediaOf(row.Body);
        Assert.Equal(("image", "image/jpeg", 900, "lazy"), (media.GetProperty("kind").GetString(), media.GetProperty("mimetype").GetString(), media.GetProperty("size").GetInt32(), media.GetProperty("status").GetString()));
        Assert.StartsWith("https://wa.example.com/instances/shop/messages/A1/media?token=", media.GetProperty("url").GetString(), StringComparison.Ordinal);
        var file = Assert.Single(rows.Media);
        Assert.Equal((MediaState.Wanted, 7L, Now), (file.State, file.EventSequence, file.DueAt));
    }

    [Fact]
    public void An_endpoint_that_wants_no_files_waits_for_none()
    {
        var rows = Rows(includes: ["none", "base64"]);

        Assert.Equal([Now, Now + 5000], rows.Outbox.Select(row => row.DueAt));
        Assert.Equal(JsonValueKind.Null, MediaOf(rows.Outbox[0].Body).GetProperty("url").ValueKind);
        Assert.Equal(rows.Outbox[0].EventId, rows.Outbox[1].EventId);
    }

    [Theory]
    [InlineData("lazy", true)]
    [InlineData("off", false)]
    public void Files_that_are_not_fetched_are_not_waited_for(string policy, bool hasLink)
    {
        var rows = Rows(policy: policy);

        Assert.Equal(Now, Assert.Single(rows.Outbox).DueAt);
        Assert.Equal(hasLink, MediaOf(rows.Outbox[0].Body).GetProperty("url").ValueKind == JsonValueKind.String);
        Assert.Equal(MediaState.Described, Assert.Single(rows.Media).State);
    }

    [Fact]
    public void Neither_large_files_nor_our_own_uploads_are_waited_for()
    {
        Assert.Equal(Now, Assert.Single(Rows(Image with { Size = 1001 }).Outbox).DueAt);
        var own = Rows(source: "api", fromMe: true);
        Assert.Equal((Now, MediaState.Described), (Assert.Single(own.Outbox).DueAt, Assert.Single(own.Media).State));
        Assert.Equal(MediaState.Wanted, Assert.Single(Rows(source: "phone", fromMe: true).Media).State);
    }

    [Fact]
    public void What_our_phone_found_again_is_wanted_whatever_the_policy()
    {
        var batch = new DeviceBatch();
        var key = new MessageKey(Bia, Bia, "A1");
        batch.Media[key] = new StoredMedia(key, false, "image") { Answer = MediaAnswer.Found };

        var rows = BatchRows.Of(batch, new CreateInstance { Settings = new InstanceSettings { DownloadMedia = "off" } }, new EventContext("shop", new Dictionary<string, string>(), null, null), Links, Hold, Now, 6);

        Assert.Equal((MediaState.Wanted, 6L), (Assert.Single(rows.Media).State, rows.Sequence));
    }

    [Fact]
    public void A_body_that_waited_says_what_became_of_the_file_and_is_otherwise_the_same()
    {
        var before = Assert.Single(Rows().Outbox).Body;

        var after = new EventMedia("stored", "https://s3/x?y=1&z=2", "AAEC", null, "image/png").Into(before)!;

        var media = MediaOf(after);
        Assert.Equal(("stored", "https://s3/x?y=1&z=2", "AAEC", "image/png"),
            (media.GetProperty("status").GetString(), media.GetProperty("url").GetString(), media.GetProperty("base64").GetString(), media.GetProperty("contentType").GetString()));
        Assert.Contains("olá <b>", Encoding.UTF8.GetString(after), StringComparison.Ordinal);
        var again = new EventMedia("lazy", MediaOf(before).GetProperty("url").GetString()).Into(after)!;
        Assert.Equal(Encoding.UTF8.GetString(before), Encoding.UTF8.GetString(again));
    }

    [Fact]
    public void A_body_without_a_file_is_left_alone()
    {
        Assert.Null(new EventMedia("stored", null).Into("""{"data":{"text":"a"}}"""u8.ToArray()));
        Assert.Null(new EventMedia("stored", null).Into("[]"u8.ToArray()));
    }
}
