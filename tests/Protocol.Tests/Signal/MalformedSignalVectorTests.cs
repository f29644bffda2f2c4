using System.Text.Json;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class MalformedSignalVectorTests
{
    private const string File = "malformed-signal.json";

    private static readonly Dictionary<string, RetryReason> OtherThanInvalidMessage = new()
    {
        ["MAC last byte changed"] = RetryReason.BadMac,
        ["MAC first byte changed"] = RetryReason.BadMac,
        ["ciphertext byte changed"] = RetryReason.BadMac,
        ["version byte 0x34"] = RetryReason.BadMac,
        ["sent under MAC with identities swapped"] = RetryReason.BadMac,
        ["new ratchet key, random MAC"] = RetryReason.BadMac,
        ["pkmsg: inner MAC changed"] = RetryReason.BadMac,
        ["pkmsg: other one-time pre-key"] = RetryReason.BadMac,
        ["pkmsg: one-time pre-key id removed"] = RetryReason.BadMac,
        ["pkmsg: identity replaced"] = RetryReason.BadMac,
        ["pkmsg: base key replaced"] = RetryReason.BadMac,
        ["replay of a2"] = RetryReason.Unknown,
        ["replay of a1 (pkmsg)"] = RetryReason.Unknown,
        ["ratchet key prefix 0x06"] = RetryReason.InvalidKey,
        ["ratchet key 31 bytes"] = RetryReason.InvalidKey,
        ["ratchet key all zero point"] = RetryReason.InvalidKey,
        ["ratchet key without 0x05 prefix (32 bytes)"] = RetryReason.InvalidKey,
        ["counter 25001 ahead, otherwise fully valid"] = RetryReason.FutureMessage,
        ["counter 0xffffffff"] = RetryReason.FutureMessage,
        ["stranger msg without session"] = RetryReason.NoSession,
        ["pkmsg: unknown one-time pre-key id"] = RetryReason.InvalidKeyId,
        ["pkmsg: unknown signed pre-key id"] = RetryReason.InvalidKeyId,
        ["pkmsg: consumed one-time pre-key"] = RetryReason.InvalidKeyId,
    };

    [Fact]
    public void Every_malformed_message_is_refused_without_a_trace_and_the_genuine_ones_still_decrypt()
    {
        var file = VectorFile.Load(File);
        var setup = file.GetProperty("setup");
        var steps = new VectorSteps(setup.GetProperty("parties").EnumerateArray().Select(party => new VectorParty(party)));
        RunAll(steps, setup, "steps", "setup");
        RunAll(steps, file, "carolSteps", "carol");
        RefuseAll(steps["bob"], file, "malformed");
        RefuseAll(steps["bob"], file, "lenient");
        RunAll(steps, file, "finallyMustDecrypt", "finally");
    }

    public static TheoryData<int> Bundles => [.. Enumerable.Range(0, VectorFile.Load(File).GetProperty("bundles").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Bundles))]
    public void A_bundle_is_used_only_when_its_identity_signed_the_pre_key(int index)
    {
        var vector = VectorFile.Load(File).GetProperty("bundles")[index];
        var bundle = VectorParty.Bundle(vector.GetProperty("bundle"));
        var local = TestParty.NewIdentity();
        if (vector.GetProperty("expect").GetString() == "accept")
        {
            var record = SessionBuilder.ProcessBundle(SessionRecord.Empty, local, bundle);
            Assert.Equal(bundle.IdentityKey, record.RemoteIdentity);
            Assert.Equal(bundle.RegistrationId, record.RemoteRegistrationId);
            Assert.True(record.HasPendingPreKey);
        }
        else
        {
            var error = Assert.Throws<SignalException>(() => SessionBuilder.ProcessBundle(SessionRecord.Empty, local, bundle));
            Assert.Equal(RetryReason.InvalidSignature, error.Reason);
        }
        VectorFile.Ran(File, $"bundles/{index}");
    }

    private static void RunAll(VectorSteps steps, JsonElement parent, string property, string id)
    {
        var index = 0;
        foreach (var step in parent.GetProperty(property).EnumerateArray())
        {
            steps.Run(step);
            VectorFile.Ran(File, $"{id}/{index++}");
        }
    }

    private static void RefuseAll(VectorParty bob, JsonElement file, string property)
    {
        var index = 0;
        foreach (var vector in file.GetProperty(property).EnumerateArray())
        {
            var name = vector.GetProperty("name").GetString()!;
            var error = VectorSteps.AssertRefused<SignalException>(bob, vector.GetProperty("from").GetString()!, vector.GetProperty("type").GetString()!, vector.Hex("ciphertext"));
            Assert.Equal((name, OtherThanInvalidMessage.GetValueOrDefault(name, RetryReason.InvalidMessage)), (name, error.Reason));
            Assert.Equal(name.StartsWith("replay", StringComparison.Ordinal), error is DuplicateMessageException);
            VectorFile.Ran(File, $"{property}/{index++}");
        }
    }
}
