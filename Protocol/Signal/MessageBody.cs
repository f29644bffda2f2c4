using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace WhatsApp.Protocol.Signal;

/// <summary>
/// Body and MAC of one WhisperMessage (wire/03 §5): AES-256-CBC with PKCS#7, and the first 8 bytes of
/// <c>HMAC-SHA256(macKey, senderIdentity(33) ‖ receiverIdentity(33) ‖ version ‖ protobuf)</c>.
/// </summary>
/// <param name="keys">80 bytes, see <see cref="RatchetKeys.MessageKeysSize"/>. The caller wipes them.</param>
internal readonly ref struct MessageBody(ReadOnlySpan<byte> keys)
{
    private const int StackLimit = 1024;
    private const int IdentitiesSize = 2 * SignalWire.KeySize;

    private readonly ReadOnlySpan<byte> _cipherKey = keys[..32];
    private readonly ReadOnlySpan<byte> _macKey = keys[32..64];
    private readonly ReadOnlySpan<byte> _iv = keys[64..80];

    public void Encrypt(ReadOnlySpan<byte> plaintext, Span<byte> ciphertext) => CbcBlocks.Encrypt(_cipherKey, _iv, plaintext, ciphertext);

    /// <summary>False when the padding inside is wrong.</summary>
    public bool TryDecrypt(ReadOnlySpan<byte> ciphertext, [NotNullWhen(true)] out byte[]? plaintext) =>
        CbcBlocks.TryDecrypt(_cipherKey, _iv, ciphertext, out plaintext);

    /// <summary>Writes the 8-byte MAC. Identities raw, 32 bytes.</summary>
    public void Mac(ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, ReadOnlySpan<byte> signed, Span<byte> mac)
    {
        var length = IdentitiesSize + signed.Length;
        byte[]? rented = null;
        var input = length <= StackLimit ? stackalloc byte[StackLimit] : rented = ArrayPool<byte>.Shared.Rent(length);
        input = input[..length];
        SignalWire.WriteKey(input, sender);
        SignalWire.WriteKey(input[SignalWire.KeySize..], receiver);
        signed.CopyTo(input[IdentitiesSize..]);
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_macKey, input, full);
        full[..WhisperMessage.MacSize].CopyTo(mac);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Constant time.</summary>
    public bool MacFits(ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, in WhisperMessage message)
    {
        Span<byte> expected = stackalloc byte[WhisperMessage.MacSize];
        Mac(sender, receiver, message.Signed, expected);
        return CryptographicOperations.FixedTimeEquals(expected, message.Mac);
    }
}
