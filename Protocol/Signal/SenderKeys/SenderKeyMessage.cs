using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal.SenderKeys;

/// <summary>
/// An <c>enc type="skmsg"</c> (wire/03 §7), as views into the received bytes:
/// <code>33 ‖ SenderKeyMessage{ 1 id, 2 iteration, 3 ciphertext } ‖ signature(64)</code>
/// </summary>
internal readonly ref struct SenderKeyMessage
{
    private SenderKeyMessage(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature, uint keyId, uint iteration, ReadOnlySpan<byte> ciphertext)
    {
        Signed = signed;
        Signature = signature;
        KeyId = keyId;
        Iteration = iteration;
        Ciphertext = ciphertext;
    }

    /// <summary>Version byte and protobuf: what the signature covers.</summary>
    public ReadOnlySpan<byte> Signed { get; }
    /// <summary>64 bytes.</summary>
    public ReadOnlySpan<byte> Signature { get; }
    /// <summary>Name of the sender key.</summary>
    public uint KeyId { get; }
    /// <summary>Number of the message in its chain.</summary>
    public uint Iteration { get; }
    /// <summary>AES-CBC blocks, at least one.</summary>
    public ReadOnlySpan<byte> Ciphertext { get; }

    /// <summary>Parses; verifies nothing.</summary>
    /// <exception cref="SignalException">Not a message of version 3.</exception>
    public static SenderKeyMessage Read(ReadOnlySpan<byte> message)
    {
        SignalWire.RequireVersion(message);
        if (message.Length <= 1 + XEdDsa.SignatureSize)
            throw new SignalException(RetryReason.InvalidMessage, "The group message is too short.");
        var signed = message[..^XEdDsa.SignatureSize];
        uint? keyId = null, iteration = null;
        ReadOnlySpan<byte> ciphertext = default;
        var reader = new ProtobufReader(signed[1..]);
        for (var field = reader.NextField(); field != 0; field = reader.NextField())
            switch (field)
            {
                case 1: keyId = reader.ReadUInt32(); break;
                case 2: iteration = reader.ReadUInt32(); break;
                case 3: ciphertext = reader.ReadBytes(); break;
                default: reader.Skip(); break;
            }
        if (keyId is null || iteration is null || ciphertext.IsEmpty)
            throw new SignalException(RetryReason.InvalidMessage, "The group message lacks a field.");
        if (ciphertext.Length % CbcBlocks.Size != 0)
            throw new SignalException(RetryReason.InvalidMessage, "The group message's ciphertext is not whole blocks.");
        return new(signed, message[^XEdDsa.SignatureSize..], keyId.Value, iteration.Value, ciphertext);
    }

    /// <summary>Length of a message with these parts.</summary>
    public static int SizeOf(uint keyId, uint iteration, int ciphertextLength) =>
        1 + ProtobufWriter.SizeOf(keyId) + ProtobufWriter.SizeOf(iteration) + ProtobufWriter.SizeOfBytes(ciphertextLength) + XEdDsa.SignatureSize;

    /// <summary>Writes everything but ciphertext and signature into a buffer of <see cref="SizeOf"/> bytes.</summary>
    /// <returns>Where the ciphertext belongs. The signature belongs into the last 64 bytes.</returns>
    public static Span<byte> Write(Span<byte> destination, uint keyId, uint iteration, int ciphertextLength)
    {
        destination[0] = SignalWire.Version;
        var writer = new ProtobufWriter(destination[1..^XEdDsa.SignatureSize]);
        writer.Write(1, keyId);
        writer.Write(2, iteration);
        return writer.Reserve(3, ciphertextLength);
    }
}
