using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>What every message must repeat until the peer's first answer: which of its keys we used. The base key is the state's.</summary>
internal sealed record PendingPreKey(uint? PreKeyId, uint SignedPreKeyId);

/// <summary>One double ratchet with a device (wire/03 §5). Immutable: a step gives a new state that shares what did not change.</summary>
internal sealed record SessionState
{
    /// <summary>Raw 32 bytes.</summary>
    public required byte[] RemoteIdentity { get; init; }
    public required uint RemoteRegistrationId { get; init; }
    /// <summary>The initiator's base key, raw 32 bytes: the name of the session.</summary>
    public required byte[] BaseKey { get; init; }
    /// <summary>32 bytes.</summary>
    public required byte[] RootKey { get; init; }
    public required SendingChain Sending { get; init; }
    public uint PreviousCounter { get; init; }
    /// <summary>Oldest first.</summary>
    public ReceivingChain[] Receiving { get; init; } = [];
    /// <summary>Null once the peer has answered.</summary>
    public PendingPreKey? Pending { get; init; }

    public int SkippedKeyCount
    {
        get
        {
            var count = 0;
            foreach (var chain in Receiving)
                count += chain.Messages.Skipped.Count;
            return count;
        }
    }

    /// <summary>Place of the receiving chain with this ratchet key (raw), or negative.</summary>
    public int FindReceiving(ReadOnlySpan<byte> ratchetKey)
    {
        for (var i = Receiving.Length - 1; i >= 0; i--)
            if (ratchetKey.SequenceEqual(Receiving[i].RatchetKey))
                return i;
        return -1;
    }

    public SessionState WithoutSkippedKeys() => this with { Receiving = [.. Receiving.Select(chain => chain with { Messages = chain.Messages with { Skipped = default } })] };

    /// <summary>Encrypts one message.</summary>
    /// <exception cref="SignalException">The sending chain is at its end.</exception>
    public (SessionState Next, byte[] Message) Encrypt(LocalIdentity local, ReadOnlySpan<byte> plaintext)
    {
        if (Sending.Next == uint.MaxValue)
            throw new SignalException(RetryReason.InvalidSession, "The sending chain is at its end.");
        var ciphertextSize = CbcBlocks.SizeOf(plaintext.Length);
        var innerSize = WhisperMessage.SizeOf(Sending.Next, PreviousCounter, ciphertextSize);
        var message = new byte[Pending is null ? innerSize : PreKeyWhisperMessage.SizeOf(Pending, local.RegistrationId, innerSize)];
        var inner = Pending is null
            ? message
            : PreKeyWhisperMessage.Write(message, Pending, BaseKey, local.IdentityKey.PublicKey, local.RegistrationId, innerSize);
        var ciphertext = WhisperMessage.Write(inner, Sending.Ratchet.PublicKey, Sending.Next, PreviousCounter, ciphertextSize);

        Span<byte> seed = stackalloc byte[SignalWire.RawKeySize];
        Span<byte> keys = stackalloc byte[RatchetKeys.MessageKeysSize];
        var sending = Sending.Step(seed);
        RatchetKeys.MessageKeys(seed, keys);
        var body = new MessageBody(keys);
        body.Encrypt(plaintext, ciphertext);
        body.Mac(local.IdentityKey.PublicKey, RemoteIdentity, inner[..^WhisperMessage.MacSize], inner[^WhisperMessage.MacSize..]);
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(keys);
        return (this with { Sending = sending }, message);
    }

    /// <summary>Decrypts one message. Nothing is drawn from <paramref name="keys"/> unless the message is genuine.</summary>
    /// <param name="local">Ours.</param>
    /// <param name="message">Parsed.</param>
    /// <param name="steps">Chain steps the message may still cost.</param>
    /// <param name="keys">Source of our next ratchet pair.</param>
    /// <param name="next">The state to keep; this one when refused.</param>
    /// <param name="plaintext">Empty when refused.</param>
    public Refusal Decrypt(LocalIdentity local, in WhisperMessage message, ref uint steps, IKeyPairSource keys, out SessionState next, out byte[] plaintext)
    {
        next = this;
        plaintext = [];
        var index = FindReceiving(message.RatchetKey);
        if (index < 0 && !MessageChain.IsWithinReach(0, message.Counter))
            return Refusal.TooFar;
        Span<byte> secrets = stackalloc byte[(2 * SignalWire.RawKeySize) + RatchetKeys.MessageKeysSize];
        var root = secrets[..SignalWire.RawKeySize];
        var seed = secrets.Slice(SignalWire.RawKeySize, SignalWire.RawKeySize);
        var messageKeys = secrets[(2 * SignalWire.RawKeySize)..];
        try
        {
            var chain = index >= 0 ? Receiving[index] : NewReceiving(message.RatchetKey, root);
            var refusal = chain.Messages.Take(message.Counter, seed, ref steps, out var messages);
            if (refusal != Refusal.None)
                return refusal;
            RatchetKeys.MessageKeys(seed, messageKeys);
            var body = new MessageBody(messageKeys);
            if (!body.MacFits(RemoteIdentity, local.IdentityKey.PublicKey, message))
                return Refusal.BadMac;
            if (!body.TryDecrypt(message.Ciphertext, out var decrypted))
                return Refusal.BadBody;
            chain = chain with { Messages = messages };
            next = index >= 0 ? WithChain(index, chain) : Ratchet(chain, root, keys);
            plaintext = decrypted;
            return Refusal.None;
        }
        catch (InvalidPublicKeyException)
        {
            return Refusal.BadKey;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>First half of a ratchet step: the peer's new chain. <paramref name="root"/> receives the root key between the halves.</summary>
    private ReceivingChain NewReceiving(ReadOnlySpan<byte> ratchetKey, Span<byte> root)
    {
        var chainKey = new byte[SignalWire.RawKeySize];
        RootStep(Sending.Ratchet, ratchetKey, RootKey, root, chainKey);
        return new ReceivingChain(ratchetKey.ToArray(), new MessageChain(chainKey, 0, default));
    }

    /// <summary>Second half: our new pair and chain, and the peer's chain kept.</summary>
    private SessionState Ratchet(ReceivingChain chain, ReadOnlySpan<byte> root, IKeyPairSource keys)
    {
        var pair = keys.Next();
        var newRoot = new byte[SignalWire.RawKeySize];
        var chainKey = new byte[SignalWire.RawKeySize];
        RootStep(pair, chain.RatchetKey, root, newRoot, chainKey);
        var kept = Receiving.AsSpan(Math.Max(0, Receiving.Length - (SignalLimits.ReceivingChains - 1)));
        return this with
        {
            RootKey = newRoot,
            PreviousCounter = Sending.LastCounter,
            Sending = new SendingChain(pair, chainKey, 0),
            Receiving = [.. kept, chain],
            Pending = null,
        };
    }

    /// <summary>One half of a ratchet step: RootStep(root, DH(ours, theirs)).</summary>
    /// <exception cref="InvalidPublicKeyException">Low-order point.</exception>
    public static void RootStep(KeyPair ours, ReadOnlySpan<byte> theirs, ReadOnlySpan<byte> root, Span<byte> newRoot, Span<byte> chainKey)
    {
        Span<byte> agreement = stackalloc byte[SignalWire.RawKeySize];
        Curve25519.Agree(ours.PrivateKey, theirs, agreement);
        RatchetKeys.RootStep(root, agreement, newRoot, chainKey);
        CryptographicOperations.ZeroMemory(agreement);
    }

    private SessionState WithChain(int index, ReceivingChain chain)
    {
        var receiving = Receiving.AsSpan().ToArray();
        receiving[index] = chain;
        return this with { Receiving = receiving, Pending = null };
    }
}
