using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal.SenderKeys;

/// <summary>One sender key (wire/03 §7): a chain of message keys and the key that signs its messages. Immutable.</summary>
/// <param name="KeyId">Its name, all 32 bits.</param>
/// <param name="SigningKey">Raw 32 bytes.</param>
/// <param name="SigningPrivate">32 bytes when the key is ours, else null.</param>
/// <param name="First">Iteration the chain started at for us: a key before it that is not stored was never ours, rather than used.</param>
/// <param name="Messages">The chain.</param>
internal sealed record SenderKeyState(uint KeyId, byte[] SigningKey, byte[]? SigningPrivate, uint First, MessageChain Messages)
{
    /// <summary>iv(16) ‖ cipherKey(32).</summary>
    private const int KeysSize = CbcBlocks.Size + SignalWire.RawKeySize;

    /// <summary>A new key of our own: id 1 … 2³¹−1, random chain, random signing pair, iteration 0.</summary>
    public static SenderKeyState New()
    {
        var signing = KeyPair.Generate();
        var id = (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);
        return new(id, signing.PublicKey, signing.PrivateKey, 0, new MessageChain(RandomNumberGenerator.GetBytes(SignalWire.RawKeySize), 0, default));
    }

    /// <summary>Encrypts one message.</summary>
    /// <param name="plaintext">Padded content.</param>
    /// <param name="signatureRandom">64 bytes.</param>
    /// <exception cref="SignalException">The chain is at its end.</exception>
    public (SenderKeyState Next, byte[] Message) Encrypt(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> signatureRandom)
    {
        var iteration = Messages.Next;
        Span<byte> secrets = stackalloc byte[SignalWire.RawKeySize + KeysSize];
        var seed = secrets[..SignalWire.RawKeySize];
        var keys = secrets[SignalWire.RawKeySize..];
        try
        {
            var steps = 1u;
            if (Messages.Take(iteration, seed, ref steps, out var messages) != Refusal.None)
                throw new SignalException(RetryReason.InvalidSession, "The sender key's chain is at its end.");
            MessageKeys(seed, keys);
            var size = CbcBlocks.SizeOf(plaintext.Length);
            var message = new byte[SenderKeyMessage.SizeOf(KeyId, iteration, size)];
            var ciphertext = SenderKeyMessage.Write(message, KeyId, iteration, size);
            CbcBlocks.Encrypt(keys[CbcBlocks.Size..], keys[..CbcBlocks.Size], plaintext, ciphertext);
            XEdDsa.Sign(SigningPrivate, message.AsSpan(..^XEdDsa.SignatureSize), signatureRandom).CopyTo(message.AsSpan(^XEdDsa.SignatureSize..));
            return (this with { Messages = messages }, message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>Decrypts one message of this key. Its signature is verified before anything is derived.</summary>
    /// <exception cref="DuplicateMessageException">Decrypted before.</exception>
    /// <exception cref="SignalException">Refused.</exception>
    public (SenderKeyState Next, byte[] Plaintext) Decrypt(in SenderKeyMessage message)
    {
        if (!XEdDsa.Verify(SigningKey, message.Signed, message.Signature))
            throw new SignalException(RetryReason.InvalidSignature, "The group message is not signed by its sender key.");
        Span<byte> secrets = stackalloc byte[SignalWire.RawKeySize + KeysSize];
        var seed = secrets[..SignalWire.RawKeySize];
        var keys = secrets[SignalWire.RawKeySize..];
        try
        {
            var steps = SignalLimits.ChainStepsPerMessage;
            var refusal = Messages.Take(message.Iteration, seed, ref steps, out var messages);
            if (refusal == Refusal.Duplicate && message.Iteration < First)
                throw new SignalException(RetryReason.InvalidMessageKey, "The group message is older than the sender key we were given.");
            if (refusal != Refusal.None)
                throw refusal.ToException();
            MessageKeys(seed, keys);
            if (!CbcBlocks.TryDecrypt(keys[CbcBlocks.Size..], keys[..CbcBlocks.Size], message.Ciphertext, out var plaintext))
                throw Refusal.BadBody.ToException();
            return (this with { Messages = messages }, plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>HKDF("WhisperGroup") of a seed: iv, then key.</summary>
    public static void MessageKeys(ReadOnlySpan<byte> seed, Span<byte> keys) => HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, keys, [], "WhisperGroup"u8);
}
