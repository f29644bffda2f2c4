using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal.SenderKeys;

/// <summary>The result of encrypting for a group: the message is readable by every device that got key <see cref="KeyId"/>.</summary>
public readonly record struct SenderKeyEncrypted(SenderKeyRecord Next, uint KeyId, byte[] Ciphertext);

/// <summary>The result of decrypting a group message.</summary>
public readonly record struct SenderKeyDecrypted(SenderKeyRecord Next, byte[] Plaintext);

/// <summary>Group messages, <c>enc type="skmsg"</c> (wire/03 §7). Pure and synchronous.</summary>
public static class SenderKeyCipher
{
    /// <summary>Encrypts once for the whole group.</summary>
    /// <exception cref="SignalException">No key of our own, or its chain is at its end.</exception>
    public static SenderKeyEncrypted Encrypt(SenderKeyRecord own, ReadOnlySpan<byte> plaintext)
    {
        Span<byte> random = stackalloc byte[XEdDsa.RandomSize];
        RandomNumberGenerator.Fill(random);
        var encrypted = Encrypt(own, plaintext, random);
        CryptographicOperations.ZeroMemory(random);
        return encrypted;
    }

    /// <summary>With the given 64 random bytes of the signature: for vectors.</summary>
    internal static SenderKeyEncrypted Encrypt(SenderKeyRecord own, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> signatureRandom)
    {
        ArgumentNullException.ThrowIfNull(own);
        if (!own.IsOwn)
            throw new SignalException(RetryReason.NoSession, "There is no sender key of our own for this group.");
        var (next, message) = own.States[0].Encrypt(plaintext, signatureRandom);
        return new(own.With(0, next), next.KeyId, message);
    }

    /// <summary>Decrypts a message of the record's sender.</summary>
    /// <exception cref="DuplicateMessageException">Decrypted before.</exception>
    /// <exception cref="SignalException">Refused; the given record is unchanged. <see cref="RetryReason.NoSession"/> = we do not have this key.</exception>
    public static SenderKeyDecrypted Decrypt(SenderKeyRecord record, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(record);
        var parsed = SenderKeyMessage.Read(message);
        var index = record.Find(parsed.KeyId);
        if (index < 0)
            throw new SignalException(RetryReason.NoSession, "There is no sender key for this group message.");
        var (next, plaintext) = record.States[index].Decrypt(parsed);
        return new(record.With(index, next), plaintext);
    }
}
