namespace WhatsApp.Protocol.Signal.SenderKeys;

/// <summary>
/// SenderKeyDistributionMessage (wire/03 §7), carried inside a 1:1 message and therefore neither signed nor encrypted itself:
/// <code>33 ‖ { 1 id, 2 iteration, 3 chainKey(32), 4 signingKey(33) }</code>
/// It holds the chain as it is now: whoever gets it cannot read what was sent before.
/// </summary>
public static class SenderKeyDistribution
{
    /// <summary>What a device needs to read our next messages. Take it before encrypting the message it accompanies.</summary>
    /// <exception cref="SignalException">Not our own record.</exception>
    public static byte[] Create(SenderKeyRecord own)
    {
        ArgumentNullException.ThrowIfNull(own);
        if (!own.IsOwn)
            throw new SignalException(RetryReason.NoSession, "There is no sender key of our own to distribute.");
        var state = own.States[0];
        var message = new byte[1 + ProtobufWriter.SizeOf(state.KeyId) + ProtobufWriter.SizeOf(state.Messages.Next)
            + ProtobufWriter.SizeOfBytes(SignalWire.RawKeySize) + ProtobufWriter.SizeOfBytes(SignalWire.KeySize)];
        message[0] = SignalWire.Version;
        var writer = new ProtobufWriter(message.AsSpan(1));
        writer.Write(1, state.KeyId);
        writer.Write(2, state.Messages.Next);
        state.Messages.ChainKey.CopyTo(writer.Reserve(3, SignalWire.RawKeySize));
        writer.WriteKey(4, state.SigningKey);
        return message;
    }

    /// <summary>
    /// The record with the sender's key in it. A key it already holds is kept as it is, so that its chain is not wound back and skipped
    /// messages stay readable; unless so many messages were missed that the kept chain could never follow.
    /// </summary>
    /// <returns>The same record when nothing changed.</returns>
    /// <exception cref="SignalException">Malformed, or the record is our own.</exception>
    public static SenderKeyRecord Process(SenderKeyRecord record, ReadOnlySpan<byte> distribution)
    {
        ArgumentNullException.ThrowIfNull(record);
        var received = Read(distribution);
        if (record.IsOwn)
            throw new SignalException(RetryReason.InvalidKeyId, "A distribution message names our own sender key.");
        var index = record.Find(received.KeyId);
        if (index < 0 || !record.States[index].SigningKey.AsSpan().SequenceEqual(received.SigningKey))
            return record.Install(received);
        var known = record.States[index];
        if (MessageChain.IsWithinReach(known.Messages.Next, received.Messages.Next))
            return record;
        return record.Install(received with { Messages = received.Messages with { Skipped = known.Messages.Skipped } });
    }

    private static SenderKeyState Read(ReadOnlySpan<byte> distribution)
    {
        SignalWire.RequireVersion(distribution);
        uint? keyId = null, iteration = null;
        ReadOnlySpan<byte> chainKey = default, signingKey = default;
        var reader = new ProtobufReader(distribution[1..]);
        for (var field = reader.NextField(); field != 0; field = reader.NextField())
            switch (field)
            {
                case 1: keyId = reader.ReadUInt32(); break;
                case 2: iteration = reader.ReadUInt32(); break;
                case 3: chainKey = reader.ReadBytes(); break;
                case 4: signingKey = reader.ReadBytes(); break;
                default: reader.Skip(); break;
            }
        if (keyId is null || iteration is null)
            throw new SignalException(RetryReason.InvalidMessage, "The distribution message lacks a field.");
        if (chainKey.Length != SignalWire.RawKeySize)
            throw new SignalException(RetryReason.InvalidKey, "The distribution message's chain key does not have 32 bytes.");
        // Some clients leave out the type byte (wire/03 §1).
        var raw = signingKey.Length == SignalWire.RawKeySize ? signingKey : SignalWire.RawKey(signingKey);
        return new(keyId.Value, raw.ToArray(), null, iteration.Value, new MessageChain(chainKey.ToArray(), iteration.Value, default));
    }
}
