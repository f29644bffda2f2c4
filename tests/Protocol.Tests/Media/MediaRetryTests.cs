using System.Text;
using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class MediaRetryTests
{
    private const string File = "media-retry.json";
    private static readonly JsonElement Vectors = VectorFile.Load(File);
    private static readonly byte[] MediaKey = Vectors.Hex("mediaKey");
    private static readonly Jid Own = Jid.Parse("15550001111:4@s.whatsapp.net");
    private static readonly Jid Chat = Jid.Parse("120363000000000000@g.us");
    private static readonly Jid Author = Jid.Parse("15550002222:7@s.whatsapp.net");

    [Fact]
    public void Requests_and_answers_are_those_of_the_vectors()
    {
        Assert.Equal(Vectors.Hex("retryKey"), MediaRetry.KeyOf(MediaKey));
        VectorFile.Ran(File, "retryKey");
        var (requests, answers) = (0, 0);
        foreach (var vector in Vectors.GetProperty("cases").EnumerateArray())
        {
            var id = vector.GetProperty("stanzaId").GetString()!;
            Assert.Equal(vector.Hex("request_enc_p"), MediaRetry.Seal(MediaKey, id, vector.Hex("iv"), vector.Hex("requestPlaintext")));
            Assert.Equal(id, ServerErrorReceipt.Parser.ParseFrom(vector.Hex("requestPlaintext")).StanzaId);
            VectorFile.Ran(File, $"cases/{requests++}/request");
            foreach (var response in vector.GetProperty("responses").EnumerateArray())
            {
                Assert.Equal(response.Hex("plaintext"), MediaRetry.Open(MediaKey, id, response.Hex("enc_iv"), response.Hex("enc_p")));
                var decoded = response.GetProperty("decoded");

                var answer = MediaRetry.Read(Answer(id, response.Hex("enc_p"), response.Hex("enc_iv")), MediaKey);

                Assert.Equal(decoded.GetProperty("stanzaId").GetString(), answer.MessageId);
                Assert.Equal(decoded.GetProperty("result").GetInt32(), (int)answer.Result);
                Assert.Equal(decoded.GetProperty("directPath").GetString(), answer.DirectPath);
                VectorFile.Ran(File, $"cases/responses/{answers++}");
            }
        }
        Assert.Equal((3, 12), (requests, answers));
    }

    [Fact]
    public void Changed_answers_are_refused()
    {
        var index = 0;
        foreach (var vector in Vectors.GetProperty("negative").EnumerateArray())
        {
            var answer = Answer(vector.GetProperty("stanzaId").GetString()!, vector.Hex("enc_p"), vector.Hex("enc_iv"));
            Assert.Throws<MediaRetryException>(() => MediaRetry.Read(answer, MediaKey));
            VectorFile.Ran(File, $"negative/{index++}");
        }
        Assert.Equal(2, index);
    }

    [Fact]
    public void Stanzas_have_the_shape_of_the_examples()
    {
        var examples = Vectors.GetProperty("exampleStanzas");
        var own = MediaRetry.Request("3EB0C767D097B7C1A1F2", MediaKey, Own, Chat, fromMe: false, Author);
        SameShape(examples.GetProperty("request"), own);
        Assert.Equal("15550001111@s.whatsapp.net", own["to"]);
        Assert.Equal("15550002222@s.whatsapp.net", own.Child("rmr")!["participant"]);
        VectorFile.Ran(File, "exampleStanzas/request");

        var success = Read(examples.GetProperty("response"));
        Assert.True(MediaRetry.IsAnswer(success));
        Assert.Equal(MediaRetryResult.Success, MediaRetry.Read(success, MediaKey).Result);
        VectorFile.Ran(File, "exampleStanzas/response");

        var failure = Read(examples.GetProperty("errorResponse"));
        Assert.True(MediaRetry.IsAnswer(failure));
        Assert.Equal(new MediaRetryAnswer("3EB0C767D097B7C1A1F2", MediaRetryResult.NotFound, null), MediaRetry.Read(failure, MediaKey));
        VectorFile.Ran(File, "exampleStanzas/errorResponse");
    }

    [Fact]
    public void A_request_opens_on_the_phone()
    {
        var request = MediaRetry.Request("ID1", MediaKey, Own, Chat, fromMe: true, null);
        var encrypt = request.Child("encrypt")!;
        var plaintext = MediaRetry.Open(MediaKey, "ID1", encrypt.Child("enc_iv")!.Bytes!.Value.Span, encrypt.Child("enc_p")!.Bytes!.Value.Span);

        Assert.Equal("ID1", ServerErrorReceipt.Parser.ParseFrom(plaintext).StanzaId);
        Assert.Equal("true", request.Child("rmr")!["from_me"]);
        Assert.Null(request.Child("rmr")!["participant"]);
    }

    [Fact]
    public void A_history_blob_is_asked_for_as_a_peer()
    {
        var request = MediaRetry.HistoryRequest("ID1", MediaKey, Own);

        Assert.Equal("peer", request["category"]);
        Assert.Null(request.Child("rmr"));
    }

    [Fact]
    public void An_answer_that_names_another_message_inside_is_refused()
    {
        var iv = new byte[12];
        var sealedOther = MediaRetry.Seal(MediaKey, "ID1", iv, [0x0a, 0x03, .. Encoding.ASCII.GetBytes("ID2")]);

        Assert.Throws<MediaRetryException>(() => MediaRetry.Read(Answer("ID1", sealedOther, iv), MediaKey));
    }

    [Fact]
    public void A_success_without_a_path_and_an_error_code_of_success_are_failures()
    {
        var iv = new byte[12];
        var noPath = MediaRetry.Seal(MediaKey, "ID1", iv, [0x0a, 0x03, .. Encoding.ASCII.GetBytes("ID1"), 0x18, 0x01]);
        var odd = new Node("notification", [("id", "ID1"), ("type", "mediaretry")], [new Node("error", ("code", "1"))]);

        Assert.Equal(MediaRetryResult.GeneralError, MediaRetry.Read(Answer("ID1", noPath, iv), MediaKey).Result);
        Assert.Equal(MediaRetryResult.GeneralError, MediaRetry.Read(odd, MediaKey).Result);
    }

    [Fact]
    public void An_answer_with_nothing_in_it_is_refused() =>
        Assert.Throws<MediaRetryException>(() => MediaRetry.Read(new Node("notification", ("id", "ID1"), ("type", "mediaretry")), MediaKey));

    private static Node Answer(string id, byte[] payload, byte[] iv) => new("notification", [("type", "mediaretry"), ("id", id)],
        [new Node("encrypt", [], [new Node("enc_p", [], payload), new Node("enc_iv", [], iv)])]);

    private static void SameShape(JsonElement expected, Node actual)
    {
        Assert.Equal(expected.GetProperty("tag").GetString(), actual.Tag);
        Assert.Equal(expected.GetProperty("attrs").EnumerateObject().Select(attribute => attribute.Name).Order(), actual.Attributes.ToArray().Select(attribute => attribute.Key).Order());
        var children = expected.TryGetProperty("content", out var content) ? content.EnumerateArray().ToArray() : [];
        Assert.Equal(children.Length, actual.Children.Count);
        foreach (var (child, node) in children.Zip(actual.Children))
            if (!child.TryGetProperty("contentHex", out _))
                SameShape(child, node);
            else
                Assert.Equal(child.GetProperty("tag").GetString(), node.Tag);
    }

    private static Node Read(JsonElement node)
    {
        var attributes = node.TryGetProperty("attrs", out var attrs) ? attrs.EnumerateObject().Select(a => (a.Name, a.Value.GetString())).ToArray() : [];
        var tag = node.GetProperty("tag").GetString()!;
        if (node.TryGetProperty("contentHex", out _))
            return new Node(tag, attributes, node.Hex("contentHex"));
        return node.TryGetProperty("content", out var content) ? new Node(tag, attributes, [.. content.EnumerateArray().Select(Read)]) : new Node(tag, attributes);
    }
}
