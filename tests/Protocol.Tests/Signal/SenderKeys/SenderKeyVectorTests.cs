using System.Text.Json;
using Google.Protobuf;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Signal.SenderKeys;

public sealed class SenderKeyVectorTests
{
    private const string File = "senderkey.json";

    [Theory]
    [InlineData("senderkey-1")]
    [InlineData("senderkey-2")]
    public void A_sender_makes_the_bytes_of_the_reference(string id)
    {
        var scenario = Scenario(id);
        var record = Owner(scenario.GetProperty("senderKey"));
        foreach (var message in Items(scenario, "messages"))
        {
            var state = record.States[0];
            Assert.Equal(message.GetProperty("iteration").GetUInt32(), record.Iteration);
            Assert.Equal(message.Hex("chainKeyBefore"), state.Messages.ChainKey);
            Assert.Equal(message.Hex("messageKeySeed50")[..48], MessageKeys(state.Messages.ChainKey));
            Assert.Equal([.. message.Hex("iv"), .. message.Hex("cipherKey")], MessageKeys(state.Messages.ChainKey));

            var distribution = SenderKeyDistribution.Create(record);
            Assert.Equal(message.Hex("distributionMessageBefore"), distribution);
            Assert.Equal(message.Hex("distributionWrapper"), Wrap(scenario.GetProperty("groupId").GetString()!, distribution));

            var encrypted = SenderKeyCipher.Encrypt(record, message.Hex("plaintext"), message.Hex("signatureRandom64"));
            Assert.Equal(message.Hex("ciphertext"), encrypted.Ciphertext);
            Assert.Equal(scenario.GetProperty("senderKey").GetProperty("keyId").GetUInt32(), encrypted.KeyId);
            record = Stored(encrypted.Next);
            Assert.Equal(message.Hex("chainKeyAfter"), record.States[0].Messages.ChainKey);
            VectorFile.Ran(File, $"{id}/{message.GetProperty("message").GetString()}");
        }
    }

    [Theory]
    [InlineData("senderkey-1")]
    [InlineData("senderkey-2")]
    public void A_receiver_reads_refuses_and_keeps_what_the_reference_does(string id)
    {
        var scenario = Scenario(id);
        var messages = Items(scenario, "messages").ToDictionary(message => message.GetProperty("message").GetString()!);
        var record = SenderKeyRecord.Empty;
        var index = 0;
        foreach (var step in Items(scenario, "receiverSteps"))
        {
            record = Stored(Run(step, messages, record));
            VectorFile.Ran(File, $"{id}/receiver/{index++}");
        }
        Assert.Equal(scenario.GetProperty("receiverSteps").GetArrayLength(), index);
    }

    [Fact]
    public void The_two_scenarios_are_the_whole_file() =>
        Assert.Equal(["senderkey-1", "senderkey-2"], Items(VectorFile.Load(File), "scenarios").Select(scenario => scenario.GetProperty("id").GetString()));

    private static SenderKeyRecord Run(JsonElement step, Dictionary<string, JsonElement> messages, SenderKeyRecord record)
    {
        if (step.GetProperty("op").GetString() == "processDistribution")
        {
            var of = step.GetProperty("distribution").GetString()!.Split(' ')[^1];
            return AssertState(step, SenderKeyDistribution.Process(record, messages[of].Hex("distributionMessageBefore")));
        }
        if (step.TryGetProperty("expect", out var expect))
        {
            Assert.Equal("reject", expect.GetString());
            var before = record.Serialize();
            var error = Assert.ThrowsAny<SignalException>(() => SenderKeyCipher.Decrypt(record, step.Hex("ciphertext")));
            Assert.Equal(Expected(step.GetProperty("name").GetString()!), (error is DuplicateMessageException, error.Reason));
            Assert.Equal(before, record.Serialize());
            return record;
        }
        var message = messages[step.GetProperty("message").GetString()!];
        var decrypted = SenderKeyCipher.Decrypt(record, message.Hex("ciphertext"));
        Assert.Equal(message.Hex("plaintext"), decrypted.Plaintext);
        return AssertState(step, decrypted.Next);
    }

    private static (bool Duplicate, RetryReason Reason) Expected(string name) => name switch
    {
        "no sender key yet" or "unknown key id" => (false, RetryReason.NoSession),
        "iteration before the distributed one" => (false, RetryReason.InvalidMessageKey),
        "duplicate" or "duplicate of latest" => (true, RetryReason.Unknown),
        "bad signature" or "ciphertext changed" => (false, RetryReason.InvalidSignature),
        "iteration 30000 ahead" => (false, RetryReason.FutureMessage),
        "version 2" or "version 4" or "truncated" or "empty" => (false, RetryReason.InvalidMessage),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "a new kind of refusal"),
    };

    private static SenderKeyRecord AssertState(JsonElement step, SenderKeyRecord record)
    {
        var expected = step.GetProperty("stateAfter");
        var state = record.States[0];
        Assert.Equal(expected.GetProperty("keyId").GetUInt32(), state.KeyId);
        Assert.Equal(expected.GetProperty("iteration").GetUInt32(), state.Messages.Next);
        Assert.Equal(expected.Hex("chainKey"), state.Messages.ChainKey);
        Assert.Equal(expected.Hex("signingPub"), Curve25519.Serialize(state.SigningKey));
        Assert.Equal(expected.GetProperty("skippedIterations").EnumerateArray().Select(iteration => iteration.GetUInt32()),
            Enumerable.Range(0, state.Messages.Skipped.Count).Select(state.Messages.Skipped.Counter));
        return record;
    }

    private static SenderKeyRecord Owner(JsonElement json)
    {
        var signing = KeyPair.FromPrivate(json.Hex("signingPriv"));
        Assert.Equal(json.Hex("signingPub"), signing.PublicKey);
        return Stored(new SenderKeyRecord([new(json.GetProperty("keyId").GetUInt32(), signing.PublicKey, signing.PrivateKey, 0, new MessageChain(json.Hex("chainKey0"), 0, default))]));
    }

    private static byte[] Wrap(string groupId, byte[] distribution) => new Message
    {
        SenderKeyDistributionMessage = new() { GroupId = groupId, AxolotlSenderKeyDistributionMessage = ByteString.CopyFrom(distribution) },
    }.ToByteArray();

    private static byte[] MessageKeys(byte[] chainKey)
    {
        var seed = new byte[32];
        var keys = new byte[48];
        RatchetKeys.MessageSeed(chainKey, seed);
        SenderKeyState.MessageKeys(seed, keys);
        return keys;
    }

    // Every step goes through storage, so that the vectors prove the storage format too.
    private static SenderKeyRecord Stored(SenderKeyRecord record) => SenderKeyRecord.Deserialize(record.Serialize());

    private static JsonElement Scenario(string id) => Items(VectorFile.Load(File), "scenarios").Single(scenario => scenario.GetProperty("id").GetString() == id);

    private static JsonElement.ArrayEnumerator Items(JsonElement json, string property) => json.GetProperty(property).EnumerateArray();
}
