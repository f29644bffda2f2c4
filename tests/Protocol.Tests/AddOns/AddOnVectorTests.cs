using System.Text;
using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.AddOns;

public sealed class AddOnVectorTests
{
    private const string File = "poll-vote.json";
    private static readonly JsonElement Vectors = VectorFile.Load(File);

    [Fact]
    public void Every_add_on_seals_and_opens_as_in_the_vectors()
    {
        var index = 0;
        foreach (var vector in Vectors.GetProperty("addons").EnumerateArray())
        {
            var (parties, use, secret) = (Parties(vector), Use(vector), vector.Hex("messageSecret"));
            Assert.Equal(vector.GetProperty("hkdfInfoUtf8").GetString(), $"{parties.ParentId}{parties.ParentAuthor}{parties.AddOnAuthor}{use.Label}");
            Assert.Equal(vector.Hex("key"), AddOnCipher.KeyOf(secret, parties, use));
            Assert.Equal(vector.Hex("aad"), AddOnCipher.AssociatedData(parties, use));
            Assert.Equal(vector.Hex("encPayload"), AddOnCipher.Seal(secret, parties, use, vector.Hex("plaintext"), vector.Hex("iv")));

            Assert.Equal(vector.Hex("plaintext"), AddOnCipher.Open(secret, parties, use, Box(vector)));

            if (vector.TryGetProperty("options", out var options))
                CheckVote(vector, [.. options.EnumerateArray().Select(option => option.GetString()!)]);
            VectorFile.Ran(File, $"addons/{index++}");
        }
        Assert.Equal(11, index);
    }

    [Fact]
    public void Add_ons_of_others_are_refused()
    {
        var index = 0;
        foreach (var vector in Vectors.GetProperty("mustReject").EnumerateArray())
        {
            Assert.Throws<AddOnException>(() => AddOnCipher.Open(vector.Hex("messageSecret"), Parties(vector), Use(vector), Box(vector)));
            VectorFile.Ran(File, $"mustReject/{index++}");
        }
        Assert.Equal(4, index);
    }

    [Fact]
    public void The_bots_secret_is_that_of_the_vector()
    {
        var vector = Vectors.GetProperty("botMessageSecret");

        Assert.Equal(vector.Hex("botMessageSecret"), BotMessages.SecretOf(vector.Hex("messageSecret")));
        VectorFile.Ran(File, "botMessageSecret");
    }

    [Fact]
    public void Reporting_tokens_are_those_of_the_vectors()
    {
        var index = 0;
        foreach (var vector in Vectors.GetProperty("reportingTokens").EnumerateArray())
        {
            var (encoded, secret, id) = (vector.Hex("messageProto"), vector.Hex("messageSecret"), vector.GetProperty("messageId").GetString()!);
            var (sender, chat) = (Jid.Parse(vector.GetProperty("senderUserJid").GetString()!), Jid.Parse(vector.GetProperty("remoteJid").GetString()!));
            Assert.Equal(vector.Hex("extractedContent"), ReportedFields.Of(encoded));
            Assert.Equal(vector.Hex("key"), ReportingToken.KeyOf(secret, id, sender, chat));

            var node = ReportingToken.For(Message.Parser.ParseFrom(encoded), encoded, id, sender, chat);

            var token = node!.Child("reporting_token")!;
            Assert.Equal(vector.GetProperty("version").GetInt32().ToString(), token["v"]);
            Assert.Equal(vector.Hex("token"), token.Bytes!.Value.ToArray());
            VectorFile.Ran(File, $"reportingTokens/{index++}");
        }
        Assert.Equal(3, index);
    }

    [Fact]
    public void The_device_key_hash_is_that_of_the_vector()
    {
        var vector = Vectors.GetProperty("deviceKeyHash");
        var keys = vector.GetProperty("identityKeys").EnumerateArray().Select(key => Convert.FromHexString(key.GetString()!));

        Assert.Equal(vector.Hex("keyHash8"), DeviceKeyHash.Of(keys));
        VectorFile.Ran(File, "deviceKeyHash");
    }

    private static void CheckVote(JsonElement vector, string[] options)
    {
        Assert.Equal(vector.GetProperty("optionHashes").EnumerateArray().Select(hash => Convert.FromHexString(hash.GetString()!)), options.Select(PollOptions.HashOf));
        var received = new SealedAddOn(new MessageKey { Id = Parties(vector).ParentId }, [AddOnUse.PollVote], Box(vector));

        var vote = Assert.IsType<PollVoteContent>(received.Open(vector.Hex("messageSecret"), [Parties(vector)]));

        Assert.Equal(vector.GetProperty("selected").EnumerateArray().Select(choice => options[choice.GetInt32()]), PollOptions.Chosen(options, vote.OptionHashes));
    }

    private static AddOnParties Parties(JsonElement vector) => new(vector.GetProperty("parentMessageId").GetString()!,
        Jid.Parse(vector.GetProperty("parentSender").GetString()!), Jid.Parse(vector.GetProperty("modificationSender").GetString()!));

    private static AddOnUse Use(JsonElement vector) => Assert.Single(AddOnUse.All, use => use.Label == vector.GetProperty("useCase").GetString());

    private static SealedBytes Box(JsonElement vector) => new(vector.Hex("encPayload"), vector.Hex("iv"));
}
