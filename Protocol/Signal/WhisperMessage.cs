namespace WhatsApp.Protocol.Signal;

/// <summary>
/// An <c>enc type="msg"</c> (wire/03 §5), as views into the received bytes:
/// <code>33 ‖ SignalMessage{ 1 ratchetKey(33), 2 counter, 3 previousCounter, 4 ciphertext } ‖ mac(8)</code>
/// </summary>
internal readonly ref struct WhisperMessage
{
    /// <summary>Length of the MAC, bytes.</summary>
    public const int MacSize = 8;

    private WhisperMessage(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> mac, ReadOnlySpan<byte> ratchetKey, uint counter, ReadOnlySpan<byte> ciphertext)
    {
        Signed = signed;
        Mac = mac;
        RatchetKey = ratchetKey;
        Counter = counter;
        Ciphertext = ciphertext;
    }

    /// <summary>Version byte and protobuf: what the MAC covers besides the identities.</summary>
    public ReadOnlySpan<byte> Signed { get; }
    /// <summary>8 bytes.</summary>
    public ReadOnlySpan<byte> Mac { get; }
    /// <summary>Raw 32 bytes.</summary>
    public ReadOnlySpan<byte> RatchetKey { get; }
    /// <summary>Number of the message in its chain.</summary>
    public uint Counter { get; }
    /// <summary>AES-CBC blocks, at least one.</summary>
    public ReadOnlySpan<byte> Ciphertext { get; }

    /// <summary>Parses; the previous counter is ignored, as every good receiver does.</summary>
    /// <exception cref="SignalException">Not a message of version 3.</exception>
    public static WhisperMessage Read(ReadOnlySpan<byte> message)
    {
        SignalWire.RequireVersion(message);
        if (message.Length <= 1 + MacSize)
            throw new SignalException(RetryReason.InvalidMessage, "The message is too short.");
        var signed = message[..^MacSize];
        ReadOnlySpan<byte> ratchetKey = default, ciphertext = default;
        uint? counter = null;
        var reader = new ProtobufReader(signed[1..]);
        for (var field = reader.NextField(); field != 0; field = reader.NextField())
            switch (field)
            {
                case 1: ratchetKey = reader.ReadBytes(); break;
                case 2: counter = reader.ReadUInt32(); break;
                case 4: ciphertext = reader.ReadBytes(); break;
                default: reader.Skip(); break;
            }
        if (ratchetKey.IsEmpty || counter is null || ciphertext.IsEmpty)
            throw new SignalException(RetryReason.InvalidMessage, "The message lacks a field.");
        if (ciphertext.Length % CbcBlocks.Size != 0)
            throw new SignalException(RetryReason.InvalidMessage, "The message's ciphertext is not whole blocks.");
        return new WhisperMessage(signed, message[^MacSize..], SignalWire.RawKey(ratchetKey), counter.Value, ciphertext);
    }

    /// <summary>Length of a message with these parts.</summary>
    public static int SizeOf(uint counter, uint previousCounter, int ciphertextLength) =>
        1 + ProtobufWriter.SizeOfBytes(SignalWire.KeySize) + ProtobufWriter.SizeOf(counter) + ProtobufWriter.SizeOf(previousCounter)
        + ProtobufWriter.SizeOfBytes(ciphertextLength) + MacSize;

    /// <summary>
    /// Writes everything but ciphertext and MAC into a buffer of <see cref="SizeOf"/> bytes; all four fields are always present.
    /// </summary>
    /// <returns>Where the ciphertext belongs. The MAC belongs into the last 8 bytes.</returns>
    public static Span<byte> Write(Span<byte> destination, ReadOnlySpan<byte> ratchetKey, uint counter, uint previousCounter, int ciphertextLength)
    {
        destination[0] = SignalWire.Version;
        var writer = new ProtobufWriter(destination[1..^MacSize]);
        writer.WriteKey(1, ratchetKey);
        writer.Write(2, counter);
        writer.Write(3, previousCounter);
        return writer.Reserve(4, ciphertextLength);
    }
}
