using System.Text.Json;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Signal;

/// <summary>Runs the steps of a conversation and compares everything a step tells.</summary>
internal sealed class VectorSteps(IEnumerable<VectorParty> parties)
{
    private readonly Dictionary<string, VectorParty> _parties = parties.ToDictionary(party => party.Name);
    private readonly Dictionary<string, (string Type, byte[] Bytes)> _sent = [];

    public VectorParty this[string name] => _parties[name];

    /// <param name="step">The step.</param>
    /// <param name="extraArchived">How many more archived states we keep than the program that wrote the vectors.</param>
    public void Run(JsonElement step, int extraArchived = 0)
    {
        switch (step.GetProperty("op").GetString())
        {
            case "processBundle": Process(step, extraArchived); break;
            case "encrypt": Encrypt(step); break;
            case "decrypt" when step.TryGetProperty("expect", out _): Reject(step); break;
            case "decrypt": Decrypt(step, extraArchived); break;
            case "lost": Assert.True(_sent.ContainsKey(Text(step, "message"))); break;
            case var unknown: Assert.Fail($"unknown op {unknown}"); break;
        }
    }

    private void Process(JsonElement step, int extraArchived)
    {
        var (by, about) = (_parties[Text(step, "by")], Text(step, "about"));
        var drawn = by.EphemeralsLeft;
        by.Process(about, step.GetProperty("bundle"));
        Assert.Equal(step.GetProperty("ephemeralsUsed").GetArrayLength(), drawn - by.EphemeralsLeft);
        AssertState(step.GetProperty("stateAfter"), by.SessionWith(about), extraArchived);
        if (step.TryGetProperty("x3dh", out var x3dh))
            AssertAgreement(step.GetProperty("bundle"), x3dh, by);
    }

    private static void AssertAgreement(JsonElement bundle, JsonElement x3dh, VectorParty by)
    {
        var parsed = VectorParty.Bundle(bundle);
        var (rootKey, chainKey) = X3dh.AsInitiator(by.Local.IdentityKey, KeyPair.FromPrivate(x3dh.Hex("baseKeyPriv")), parsed.IdentityKey, parsed.SignedPreKey, parsed.PreKey);
        Assert.Equal(x3dh.Hex("rootKey0"), rootKey);
        Assert.Equal(x3dh.Hex("chainKey0"), chainKey);
    }

    private void Encrypt(JsonElement step)
    {
        var (by, to) = (_parties[Text(step, "by")], Text(step, "to"));
        var before = by.SessionWith(to).Current!;
        var encrypted = by.Encrypt(to, step.Hex("plaintext"));
        Assert.Equal(Text(step, "ciphertext"), Convert.ToHexStringLower(encrypted.Ciphertext));
        Assert.Equal(Text(step, "type"), TypeName(encrypted.Type));
        Assert.Equal(step.Hex("chainKeyBefore"), before.Sending.ChainKey);
        Assert.Equal(step.GetProperty("counter").GetUInt32(), before.Sending.Next);
        Assert.Equal(step.GetProperty("previousCounter").GetUInt32(), before.PreviousCounter);
        Assert.Equal(step.Hex("senderRatchetPub"), Curve25519.Serialize(before.Sending.Ratchet.PublicKey));
        Assert.Equal(step.Hex("chainKeyAfter"), by.SessionWith(to).Current!.Sending.ChainKey);
        Assert.Equal(Text(step, "cipherKey") + Text(step, "macKey") + Text(step, "iv"), MessageKeys(before.Sending.ChainKey));
        _sent[Text(step, "message")] = (Text(step, "type"), encrypted.Ciphertext);
    }

    private void Decrypt(JsonElement step, int extraArchived)
    {
        var (by, from) = (_parties[Text(step, "by")], Text(step, "from"));
        var (type, bytes) = _sent[Text(step, "message")];
        by.SkipDiscarded(step.GetProperty("stateAfter").GetProperty("sendChain").Hex("ratchetPub"));
        var drawn = by.EphemeralsLeft;
        var decrypted = by.Decrypt(from, type, bytes);
        Assert.Equal(Text(step, "plaintext"), Convert.ToHexStringLower(decrypted.Plaintext));
        Assert.Equal(Text(step, "type"), type);
        Assert.Equal(_parties[from].Local.IdentityKey.PublicKey, decrypted.RemoteIdentity);
        Assert.InRange(drawn - by.EphemeralsLeft, 0, step.GetProperty("newRatchetKeyGenerated").GetBoolean() ? 1 : 0);
        AssertState(step.GetProperty("stateAfter"), by.SessionWith(from), extraArchived);
    }

    private void Reject(JsonElement step)
    {
        Assert.Equal("duplicate", Text(step, "why"));
        var (type, bytes) = _sent[Text(step, "message")];
        AssertRefused<DuplicateMessageException>(_parties[Text(step, "by")], Text(step, "from"), type, bytes);
    }

    /// <summary>Refused with this exception; nothing drawn, nothing used up, nothing changed.</summary>
    public static TException AssertRefused<TException>(VectorParty by, string from, string type, byte[] bytes) where TException : SignalException
    {
        var before = by.SessionWith(from);
        var (stored, drawn, oneTime, sessions) = (before.Serialize(), by.EphemeralsLeft, by.OneTimeKeysLeft, by.Sessions.Count);
        var error = Assert.ThrowsAny<TException>(() => by.Decrypt(from, type, bytes));
        Assert.Same(before, by.SessionWith(from));
        Assert.Equal(stored, before.Serialize());
        Assert.Equal((drawn, oneTime, sessions), (by.EphemeralsLeft, by.OneTimeKeysLeft, by.Sessions.Count));
        return error;
    }

    private static void AssertState(JsonElement expected, SessionRecord record, int extraArchived)
    {
        var state = record.Current!;
        Assert.Equal(expected.Hex("rootKey"), state.RootKey);
        Assert.Equal(expected.GetProperty("previousCounter").GetUInt32(), state.PreviousCounter);
        Assert.Equal(expected.Hex("aliceBaseKey"), Curve25519.Serialize(record.BaseKey));
        Assert.Equal(expected.Hex("remoteIdentity"), Curve25519.Serialize(record.RemoteIdentity));
        Assert.Equal(expected.GetProperty("archivedSessions").GetInt32() + extraArchived, record.Archive.Length);
        var sending = expected.GetProperty("sendChain");
        Assert.Equal(sending.Hex("ratchetPub"), Curve25519.Serialize(state.Sending.Ratchet.PublicKey));
        Assert.Equal(sending.Hex("chainKey"), state.Sending.ChainKey);
        Assert.Equal(sending.GetProperty("nextIndex").GetUInt32(), state.Sending.Next);
        var receiving = expected.GetProperty("recvChains").EnumerateArray().ToArray();
        Assert.Equal(receiving.Length, state.Receiving.Length);
        foreach (var (chain, actual) in receiving.Zip(state.Receiving))
        {
            Assert.Equal(chain.Hex("ratchetPub"), Curve25519.Serialize(actual.RatchetKey));
            Assert.Equal(chain.Hex("chainKey"), actual.Messages.ChainKey);
            Assert.Equal(chain.GetProperty("nextIndex").GetUInt32(), actual.Messages.Next);
            Assert.Equal(chain.GetProperty("skippedIndexes").EnumerateArray().Select(index => index.GetUInt32()).Order(), Enumerable.Range(0, actual.Messages.Skipped.Count).Select(actual.Messages.Skipped.Counter));
        }
        AssertPending(expected.GetProperty("pendingPreKey"), record);
    }

    private static void AssertPending(JsonElement expected, SessionRecord record)
    {
        Assert.Equal(expected.ValueKind == JsonValueKind.Object, record.HasPendingPreKey);
        if (record.Current!.Pending is not { } pending)
            return;
        Assert.Equal(expected.GetProperty("signedPreKeyId").GetUInt32(), pending.SignedPreKeyId);
        Assert.Equal(expected.TryGetProperty("preKeyId", out var id) && id.ValueKind == JsonValueKind.Number ? id.GetUInt32() : null, pending.PreKeyId);
        Assert.Equal(expected.Hex("baseKey"), Curve25519.Serialize(record.BaseKey));
    }

    private static string MessageKeys(byte[] chainKey)
    {
        Span<byte> seed = stackalloc byte[32];
        Span<byte> keys = stackalloc byte[RatchetKeys.MessageKeysSize];
        RatchetKeys.MessageSeed(chainKey, seed);
        RatchetKeys.MessageKeys(seed, keys);
        return Convert.ToHexStringLower(keys);
    }

    private static string TypeName(CiphertextType type) => type == CiphertextType.PkMsg ? "pkmsg" : "msg";

    private static string Text(JsonElement step, string property) => step.GetProperty(property).GetString()!;
}
