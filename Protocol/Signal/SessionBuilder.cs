using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>X3DH as initiator (wire/03 §4).</summary>
public static class SessionBuilder
{
    /// <summary>Verifies the bundle's signature, archives the current session and installs the new one.</summary>
    /// <exception cref="SignalException">Bad signature or key; nothing changed.</exception>
    public static SessionRecord ProcessBundle(SessionRecord record, LocalIdentity local, PreKeyBundle bundle, IKeyPairSource? keys = null)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(bundle);
        RequireGenuine(bundle);
        try
        {
            return record.Install(Initiate(local, bundle, keys ?? RandomKeyPairs.Instance));
        }
        catch (InvalidPublicKeyException error)
        {
            throw new SignalException(RetryReason.InvalidKey, "A key of the bundle is a low-order point.", error);
        }
    }

    private static void RequireGenuine(PreKeyBundle bundle)
    {
        RequireKey(bundle.IdentityKey);
        RequireKey(bundle.SignedPreKey);
        if (bundle.PreKeyId is null != bundle.PreKey is null)
            throw new SignalException(RetryReason.InvalidKeyId, "The bundle has a one-time pre-key without its id, or the id without the key.");
        if (bundle.PreKey is not null)
            RequireKey(bundle.PreKey);
        Span<byte> signed = stackalloc byte[SignalWire.KeySize];
        SignalWire.WriteKey(signed, bundle.SignedPreKey);
        if (!XEdDsa.Verify(bundle.IdentityKey, signed, bundle.SignedPreKeySignature))
            throw new SignalException(RetryReason.InvalidSignature, "The bundle's signed pre-key is not signed by its identity.");
    }

    private static void RequireKey(byte[] key)
    {
        if (key is not { Length: SignalWire.RawKeySize })
            throw new SignalException(RetryReason.InvalidKey, "A key of the bundle does not have 32 bytes.");
    }

    // The base key is drawn first, then the sending ratchet pair.
    private static SessionState Initiate(LocalIdentity local, PreKeyBundle bundle, IKeyPairSource keys)
    {
        var baseKey = keys.Next();
        var (rootKey, receivingKey) = X3dh.AsInitiator(local.IdentityKey, baseKey, bundle.IdentityKey, bundle.SignedPreKey, bundle.PreKey);
        var ratchet = keys.Next();
        var sendingKey = new byte[SignalWire.RawKeySize];
        SessionState.RootStep(ratchet, bundle.SignedPreKey, rootKey, rootKey, sendingKey);
        return new SessionState
        {
            RemoteIdentity = bundle.IdentityKey,
            RemoteRegistrationId = bundle.RegistrationId,
            BaseKey = baseKey.PublicKey,
            RootKey = rootKey,
            Sending = new SendingChain(ratchet, sendingKey, 0),
            Receiving = [new ReceivingChain(bundle.SignedPreKey, new MessageChain(receivingKey, 0, default))],
            Pending = new PendingPreKey(bundle.PreKeyId, bundle.SignedPreKeyId),
        };
    }
}
