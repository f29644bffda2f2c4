namespace WhatsApp.Protocol.Signal;

/// <summary>Kinds of 1:1 ciphertext, as in <c>enc type</c>.</summary>
public enum CiphertextType
{
    /// <summary>WhisperMessage.</summary>
    Msg,
    /// <summary>PreKeyWhisperMessage.</summary>
    PkMsg,
}

/// <summary>The result of encrypting.</summary>
public readonly record struct Encrypted(SessionRecord Next, CiphertextType Type, byte[] Ciphertext);

/// <summary>The result of decrypting. <see cref="UsedPreKeyId"/> must be deleted in the same transaction that stores <see cref="Next"/>. Identity raw 32.</summary>
public readonly record struct Decrypted(SessionRecord Next, byte[] Plaintext, uint? UsedPreKeyId, byte[] RemoteIdentity, bool NewSession);

/// <summary>Double ratchet over session records (wire/03 §5-6). Pure and synchronous.</summary>
public static class SessionCipher
{
    /// <summary>Encrypts with the current session.</summary>
    /// <exception cref="SignalException">No session.</exception>
    public static Encrypted Encrypt(SessionRecord record, LocalIdentity local, ReadOnlySpan<byte> plaintext)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(local);
        var current = record.Current ?? throw NoSession();
        var (next, message) = current.Encrypt(local, plaintext);
        return new(record.Promote(0, next), current.Pending is null ? CiphertextType.Msg : CiphertextType.PkMsg, message);
    }

    /// <summary>
    /// Decrypts a WhisperMessage ("msg"): with the state that knows its ratchet key, else with the current state and then the archived ones.
    /// The state that fits becomes the current one.
    /// </summary>
    /// <exception cref="DuplicateMessageException">Decrypted before.</exception>
    /// <exception cref="SignalException">Refused; the given record is unchanged.</exception>
    public static Decrypted DecryptMessage(SessionRecord record, LocalIdentity local, ReadOnlySpan<byte> message, IKeyPairSource? keys = null)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(local);
        var parsed = WhisperMessage.Read(message);
        if (record.StateCount == 0)
            throw NoSession();
        var knownKeyOnly = Knows(record, parsed.RatchetKey);
        var steps = SignalLimits.ChainStepsPerMessage;
        var first = Refusal.None;
        for (var i = 0; i < record.StateCount; i++)
        {
            var state = record.State(i);
            if (knownKeyOnly && state.FindReceiving(parsed.RatchetKey) < 0)
                continue;
            var refusal = state.Decrypt(local, parsed, ref steps, keys ?? RandomKeyPairs.Instance, out var next, out var plaintext);
            if (refusal == Refusal.None)
                return new(record.Promote(i, next), plaintext, null, next.RemoteIdentity, NewSession: false);
            if (refusal is Refusal.Duplicate or Refusal.BadBody or Refusal.BadKey)
                throw refusal.ToException();
            if (first == Refusal.None)
                first = refusal;
        }
        throw first.ToException();
    }

    /// <summary>Decrypts a PreKeyWhisperMessage ("pkmsg"). Lookups return null for unknown ids.</summary>
    /// <exception cref="DuplicateMessageException">Decrypted before.</exception>
    /// <exception cref="SignalException">Refused; the given record is unchanged.</exception>
    public static Decrypted DecryptPreKeyMessage(SessionRecord record, LocalIdentity local, ReadOnlySpan<byte> message,
        Func<uint, SignedPreKey?> signedPreKeys, Func<uint, PreKey?> preKeys, IKeyPairSource? keys = null)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(signedPreKeys);
        ArgumentNullException.ThrowIfNull(preKeys);
        var outer = PreKeyWhisperMessage.Read(message);
        var inner = WhisperMessage.Read(outer.Message);
        var known = Find(record, outer);
        var state = known >= 0 ? record.State(known) : SessionResponder.Respond(local, outer, signedPreKeys, preKeys);
        var steps = SignalLimits.ChainStepsPerMessage;
        var refusal = state.Decrypt(local, inner, ref steps, keys ?? RandomKeyPairs.Instance, out var next, out var plaintext);
        if (refusal != Refusal.None)
            throw refusal.ToException();
        return known >= 0
            ? new(record.Promote(known, next), plaintext, null, next.RemoteIdentity, NewSession: false)
            : new(record.Install(next), plaintext, outer.PreKeyId, next.RemoteIdentity, NewSession: true);
    }

    /// <summary>Place of the state this pkmsg started before, or negative: the sender has only not seen our answer yet.</summary>
    private static int Find(SessionRecord record, in PreKeyWhisperMessage message)
    {
        for (var i = 0; i < record.StateCount; i++)
            if (message.BaseKey.SequenceEqual(record.State(i).BaseKey) && message.IdentityKey.SequenceEqual(record.State(i).RemoteIdentity))
                return i;
        return -1;
    }

    private static bool Knows(SessionRecord record, ReadOnlySpan<byte> ratchetKey)
    {
        for (var i = 0; i < record.StateCount; i++)
            if (record.State(i).FindReceiving(ratchetKey) >= 0)
                return true;
        return false;
    }

    private static SignalException NoSession() => new(RetryReason.NoSession, "There is no session with this address.");
}
