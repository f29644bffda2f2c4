using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Media;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox;

/// <summary>Phones write and read every kind of message.</summary>
public sealed class PhoneContentTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _ana = null!, _bia = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _ana = _network.AddPhone("5511900000001", "Ana");
        _bia = _network.AddPhone("5511900000002", "Bia");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    private Task<PhoneMessage> ArrivedAsync(string id) => _bia.WaitForMessageAsync(one => one.MessageId == id, Limit);

    [Theory]
    [InlineData("image", "image", "image")]
    [InlineData("video", "video", "video")]
    [InlineData("gif", "gif", "gif")]
    [InlineData("video_note", "videoNote", "ptv")]
    [InlineData("audio", "audio", "audio")]
    [InlineData("voice", "ptt", "ptt")]
    [InlineData("document", "document", "document")]
    [InlineData("sticker", "sticker", "sticker")]
    public async Task A_file_of_every_kind_arrives_with_its_bytes(string type, string shown, string kind)
    {
        var bytes = RandomNumberGenerator.GetBytes(100_001);
        var id = await _ana.SendAsync(
            new PhoneWriting("5511900000002", type, "look") { Base64 = Convert.ToBase64String(bytes), FileName = "a.bin", Seconds = 7 }, Limit);

        var message = await ArrivedAsync(id);
        Assert.Equal(shown, message.Type);
        Assert.Equal((kind, bytes.LongLength, Convert.ToHexStringLower(SHA256.HashData(bytes))), (message.Media!.Kind, message.Media.Size, message.Media.Sha256));
        Assert.Equal(bytes, await _bia.ReadMediaAsync(id, Limit));
        Assert.Equal(0, _network.Stats.Violations);
    }

    [Fact]
    public async Task A_file_is_sent_from_a_url_and_read_over_the_control_api()
    {
        using var http = new HttpClient { BaseAddress = _network.ControlUrl };
        var url = new Uri(_network.ControlUrl, "root-key").ToString();
        var expected = await http.GetByteArrayAsync(url, Limit);

        using var sent = await http.PostAsJsonAsync("phones/5511900000001/messages", new { to = "5511900000002", type = "document", text = "the key", fileName = "key.json", url }, Limit);
        Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        var id = (await sent.Content.ReadFromJsonAsync<JsonElement>(Limit)).GetProperty("messageId").GetString()!;
        await ArrivedAsync(id);

        var item = (await http.GetFromJsonAsync<JsonElement>("phones/5511900000002/messages", Limit)).GetProperty("items")[0];
        Assert.Equal(("document", "the key"), (item.GetProperty("type").GetString(), item.GetProperty("text").GetString()));
        Assert.Equal(("key.json", "text/plain"), (item.GetProperty("media").GetProperty("fileName").GetString(), item.GetProperty("media").GetProperty("mimetype").GetString()));
        using var file = await http.GetAsync($"phones/5511900000002/messages/{id}/media", Limit);
        Assert.Equal(expected, await file.Content.ReadAsByteArrayAsync(Limit));
        Assert.Equal("text/plain", file.Content.Headers.ContentType!.MediaType);

        _network.ExpireMedia();
        Assert.Equal(expected, await _bia.ReadMediaAsync(id, Limit)); // the phone has it
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await http.GetAsync("phones/5511900000002/messages/none/media", Limit)).StatusCode);
    }

    [Fact]
    public async Task A_view_once_picture_says_so()
    {
        var id = await _ana.SendAsync(new PhoneWriting("5511900000002", "image", null) { Base64 = "AAAA", ViewOnce = true }, Limit);
        var message = await ArrivedAsync(id);
        Assert.Equal("image", message.Type);
        Assert.True(PhoneContent.Read(message).ViewOnce);
        Assert.Equal(3, (await _bia.ReadMediaAsync(id, Limit)).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_vote_on_a_poll_is_opened_by_the_one_who_asked(bool lid)
    {
        var (ana, bia) = lid ? (_ana.Lid, _bia.Lid) : (_ana.Jid, _bia.Jid);
        var poll = _ana.Send(new PhoneWriting(bia.ToString(), "poll", "Lunch?", Options: ["Pizza", "Salad", "Soup"]) { Selectable = 2 });
        Assert.Equal("poll", (await ArrivedAsync(poll)).Type);

        var vote = _bia.Send(new PhoneWriting(ana.ToString(), "pollVote", null, Target: poll, Options: ["Salad", "Soup"]));
        var content = PhoneContent.Read(await _ana.WaitForMessageAsync(one => one.MessageId == vote, Limit));

        Assert.Equal(poll, content.TargetId);
        Assert.Equal(["Salad", "Soup"], content.Chosen!);
        Assert.Equal(0, _network.Stats.Violations);
    }

    [Fact]
    public async Task An_event_is_answered()
    {
        var happening = _ana.Send(new PhoneWriting("5511900000002", "event", "Party"));
        Assert.Equal("event", (await ArrivedAsync(happening)).Type);
        var answer = _bia.Send(new PhoneWriting("5511900000001", "eventResponse", null, Target: happening) { Answer = "maybe" });
        var content = PhoneContent.Read(await _ana.WaitForMessageAsync(one => one.MessageId == answer, Limit));
        Assert.Equal((happening, "Maybe"), (content.TargetId, content.Answer));
    }

    [Fact]
    public async Task Reaction_pin_edit_reply_and_deletion_name_their_message()
    {
        var first = _ana.SendText("5511900000002", "first");
        await ArrivedAsync(first);
        string[] added =
        [
            _ana.Send(new PhoneWriting("5511900000002", "reaction", "👍", Target: first)), _ana.Send(new PhoneWriting("5511900000002", "pin", null, Target: first)),
            _ana.Send(new PhoneWriting("5511900000002", "keep", null, Target: first)), _ana.Send(new PhoneWriting("5511900000002", "edit", "changed", Target: first)),
            _ana.Send(new PhoneWriting("5511900000002", "delete", null, Target: first)),
        ];
        await ArrivedAsync(added[^1]);
        Assert.Equal(["reaction", "pin", "keep", "edited", "deleted"], _bia.MessagesAfter(first).Select(one => one.Type));
        Assert.All(_bia.MessagesAfter(first), one => Assert.Equal(first, PhoneContent.Read(one).TargetId));

        var reply = _bia.Send(new PhoneWriting("5511900000001", "text", "yes", Quoted: first) { Mentions = ["5511900000001"] });
        var content = PhoneContent.Read(await _ana.WaitForMessageAsync(one => one.MessageId == reply, Limit));
        Assert.Equal((first, "first"), (content.QuotedId, content.QuotedText));
        Assert.Equal([_ana.Jid.ToString()], content.Mentions!);
    }

    [Fact]
    public async Task A_voice_note_that_was_heard_is_receipted()
    {
        var id = await _ana.SendAsync(new PhoneWriting("5511900000002", "ptt", null) { Base64 = "T2dnUw==" }, Limit);
        await ArrivedAsync(id);
        _bia.MarkPlayed(id);
        Assert.Equal(_bia.Jid, (await _ana.WaitForReceiptAsync(one => one.MessageId == id && one.Type == "played", Limit)).From);
    }

    [Fact]
    public async Task Nobody_is_told_the_number_of_a_contact_that_hides_it()
    {
        var hidden = _network.AddPhone("5511900000003", "Hidden", lidOnly: true);
        await using var client = await _network.LinkAsync(_bia);

        var id = hidden.SendText("5511900000002", "guess who");
        var stanza = await client.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
        Assert.Equal(hidden.Lid.ToString(), stanza["from"]);
        Assert.Null(stanza["sender_pn"]);

        var answer = _bia.SendText(hidden.Lid.ToString(), "hello");
        Assert.Equal("hello", (await hidden.WaitForMessageAsync(one => one.MessageId == answer, Limit)).Text);
    }

    [Theory]
    [InlineData(true, MediaRetryResult.Success)]
    [InlineData(false, MediaRetryResult.NotFound)]
    public async Task A_file_that_left_the_hosts_is_uploaded_again_by_the_phone_that_has_it(bool keeps, MediaRetryResult result)
    {
        await using var client = await _network.LinkAsync(_bia);
        var id = await _ana.SendAsync(new PhoneWriting("5511900000002", "image", null) { Base64 = Convert.ToBase64String(RandomNumberGenerator.GetBytes(1000)) }, Limit);
        var media = MediaDescriptor.Of((await ArrivedAsync(id)).Content)!;
        _network.ExpireMedia();
        _bia.KeepsMedia = keeps;
        using var http = SandboxHttp.Client(_network);
        Assert.Equal(HttpStatusCode.Gone, (await http.GetAsync(new Uri(media.Url!), Limit)).StatusCode);

        await client.SendAsync(MediaRetry.Request(id, media.MediaKey, _bia.Jid, _ana.Jid, fromMe: false, participant: null));
        var notification = await client.ReceiveAsync(MediaRetry.IsAnswer);
        var answer = MediaRetry.Read(notification, media.MediaKey);

        Assert.Equal((id, result), (answer.MessageId, answer.Result));
        if (keeps)
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"https://{_network.MediaHosts[1]}{answer.DirectPath}"), Limit)).StatusCode);
        Assert.Equal(0, _network.Stats.Violations);
    }
}
