namespace WhatsApp.Protocol.Signal;

/// <summary>What every Signal message has in common: version byte and serialized keys (wire/03 §1, §5).</summary>
internal static class SignalWire
{
    /// <summary>High nibble = message version, low nibble = current version.</summary>
    public const byte Version = 0x33;

    /// <summary>Serialized public key: 05 ‖ raw.</summary>
    public const int KeySize = 33;

    /// <summary>Raw public key, private key, chain key, root key.</summary>
    public const int RawKeySize = 32;

    private const byte KeyType = 0x05;

    /// <summary>Checks the high nibble of the first byte; the low one is left to the MAC.</summary>
    /// <exception cref="SignalException">Empty, or another version.</exception>
    public static void RequireVersion(ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty)
            throw new SignalException(RetryReason.InvalidMessage, "The message is empty.");
        var version = message[0] >> 4;
        if (version != Version >> 4)
            throw new SignalException(RetryReason.InvalidMessage, version < Version >> 4 ? "The message version is a legacy one." : "The message version is unknown.");
    }

    /// <summary>The raw 32 bytes of a serialized key.</summary>
    /// <exception cref="SignalException">Not 33 bytes starting 05.</exception>
    public static ReadOnlySpan<byte> RawKey(ReadOnlySpan<byte> serialized)
    {
        if (serialized.Length != KeySize || serialized[0] != KeyType)
            throw new SignalException(RetryReason.InvalidKey, "A public key in the message does not have 33 bytes starting with 05.");
        return serialized[1..];
    }

    /// <summary>Writes 05 ‖ raw.</summary>
    public static void WriteKey(Span<byte> destination, ReadOnlySpan<byte> raw)
    {
        destination[0] = KeyType;
        raw.CopyTo(destination[1..]);
    }
}
