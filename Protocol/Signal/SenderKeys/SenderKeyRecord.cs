namespace WhatsApp.Protocol.Signal.SenderKeys;

/// <summary>
/// The sender keys of one sender device in one group, newest first, at most five (wire/03 §7). Our own record holds one key, with its
/// signing private half. Immutable: every operation returns a new record.
/// </summary>
public sealed class SenderKeyRecord
{
    internal SenderKeyRecord(SenderKeyState[] states) => States = states;

    /// <summary>No sender key yet.</summary>
    public static SenderKeyRecord Empty { get; } = new([]);

    /// <summary>
    /// A brand-new key of our own. Made at the first message to a group, and again when a member left, was removed or changed his identity
    /// ("rotation"): nobody has it yet, so it must be distributed.
    /// </summary>
    public static SenderKeyRecord NewOwn() => new([SenderKeyState.New()]);

    /// <summary>Reads a stored record.</summary>
    /// <exception cref="SignalException">Not a record this version can read; <see cref="RetryReason.InvalidSession"/>.</exception>
    public static SenderKeyRecord Deserialize(ReadOnlySpan<byte> bytes) => SenderKeyRecordCodec.Read(bytes);

    /// <summary>For storage (our own format, versioned). Holds secrets: seal it.</summary>
    public byte[] Serialize() => SenderKeyRecordCodec.Write(this);

    /// <summary>True for our own record: it encrypts.</summary>
    public bool IsOwn => States is [{ SigningPrivate: not null }, ..];

    /// <summary>Id of the newest key, or null without one. Who has it is marked per (group, this id, device).</summary>
    public uint? KeyId => States is [var newest, ..] ? newest.KeyId : null;

    /// <summary>Iteration the newest key's next message has; 0 without one.</summary>
    public uint Iteration => States is [var newest, ..] ? newest.Messages.Next : 0;

    /// <summary>True when a message of this key id can be tried.</summary>
    public bool Knows(uint keyId) => Find(keyId) >= 0;

    /// <summary>Newest first.</summary>
    internal SenderKeyState[] States { get; }

    /// <summary>Place of a key, or negative.</summary>
    internal int Find(uint keyId) => Array.FindIndex(States, state => state.KeyId == keyId);

    /// <summary>One state replaced by its successor.</summary>
    internal SenderKeyRecord With(int index, SenderKeyState successor)
    {
        var states = States.AsSpan().ToArray();
        states[index] = successor;
        return new(states);
    }

    /// <summary>A new newest state, in place of the one with its id if there is one; the oldest beyond five is dropped.</summary>
    internal SenderKeyRecord Install(SenderKeyState state) =>
        new([state, .. States.Where(known => known.KeyId != state.KeyId).Take(SignalLimits.SenderKeyStates - 1)]);
}
