using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>X3DH as responder (wire/03 §4): the state a pkmsg starts.</summary>
internal static class SessionResponder
{
    /// <summary>
    /// A state whose sending chain is our signed pre-key: the inner message causes an ordinary ratchet step with it.
    /// Not to be kept before that message decrypts.
    /// </summary>
    /// <exception cref="SignalException">Unknown pre-key id, or a low-order point.</exception>
    public static SessionState Respond(LocalIdentity local, in PreKeyWhisperMessage message, Func<uint, SignedPreKey?> signedPreKeys, Func<uint, PreKey?> preKeys)
    {
        var signed = signedPreKeys(message.SignedPreKeyId)
            ?? throw new SignalException(RetryReason.InvalidKeyId, "The message uses a signed pre-key we do not have.");
        PreKey? oneTime = null;
        if (message.PreKeyId is { } id)
            oneTime = preKeys(id) ?? throw new SignalException(RetryReason.InvalidKeyId, "The message uses a one-time pre-key we do not have.");
        try
        {
            var (rootKey, chainKey) = X3dh.AsResponder(local.IdentityKey, signed.Keys, oneTime?.Keys, message.IdentityKey, message.BaseKey);
            return new SessionState
            {
                RemoteIdentity = message.IdentityKey.ToArray(),
                RemoteRegistrationId = message.RegistrationId,
                BaseKey = message.BaseKey.ToArray(),
                RootKey = rootKey,
                Sending = new SendingChain(signed.Keys, chainKey, 0),
            };
        }
        catch (InvalidPublicKeyException error)
        {
            throw new SignalException(RetryReason.InvalidKey, "A key of the message is a low-order point.", error);
        }
    }
}
