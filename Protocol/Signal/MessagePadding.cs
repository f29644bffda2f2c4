using System.Security.Cryptography;

namespace WhatsApp.Protocol.Signal;

/// <summary>Random padding of 1 … 16 bytes, each holding the number of padding bytes (wire/04 §3.5).</summary>
public static class MessagePadding
{
    /// <summary>Padded copy.</summary>
    public static byte[] Pad(ReadOnlySpan<byte> plaintext)
    {
        Span<byte> random = stackalloc byte[1];
        RandomNumberGenerator.Fill(random);
        return Pad(plaintext, 1 + (random[0] & 15));
    }

    /// <summary>Without padding.</summary>
    /// <exception cref="SignalException">Bad padding.</exception>
    public static ReadOnlySpan<byte> Unpad(ReadOnlySpan<byte> padded)
    {
        if (padded.IsEmpty)
            throw Bad();
        var length = padded[^1];
        if (length == 0 || length > padded.Length || padded[^length..].ContainsAnyExcept(length))
            throw Bad();
        return padded[..^length];
    }

    internal static byte[] Pad(ReadOnlySpan<byte> plaintext, int length)
    {
        var padded = new byte[plaintext.Length + length];
        plaintext.CopyTo(padded);
        padded.AsSpan(plaintext.Length).Fill((byte)length);
        return padded;
    }

    private static SignalException Bad() => new(RetryReason.InvalidMessage, "The message's padding is not valid.");
}
