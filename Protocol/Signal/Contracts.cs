using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>Where a session lives: user, canonical server (hosted → s.whatsapp.net, hosted.lid → lid), device (wire/03 §8).</summary>
public readonly record struct SignalAddress(string User, string Server, int Device)
{
    /// <summary>The address of a device JID.</summary>
    public static SignalAddress Of(Jid jid) { var account = jid.ToAccount(); return new(account.User, account.Server, jid.Device); }
    /// <summary>The JID of this address.</summary>
    public Jid ToJid() => new(User, Server, Device);
    /// <inheritdoc/>
    public override string ToString() => ToJid().ToString();
}

/// <summary>Our own identity.</summary>
public sealed record LocalIdentity(KeyPair IdentityKey, uint RegistrationId);
/// <summary>A one-time pre-key.</summary>
public sealed record PreKey(uint Id, KeyPair Keys);
/// <summary>A signed pre-key; signature (64) over 05 ‖ public.</summary>
public sealed record SignedPreKey(uint Id, KeyPair Keys, byte[] Signature);
/// <summary>What the server hands out for a device. Keys raw, 32 bytes; signature 64.</summary>
public sealed record PreKeyBundle(uint RegistrationId, byte[] IdentityKey, uint SignedPreKeyId, byte[] SignedPreKey, byte[] SignedPreKeySignature, uint? PreKeyId, byte[]? PreKey);

/// <summary>Kinds of 1:1 ciphertext, as in <c>enc type</c>.</summary>
public enum CiphertextType
{
    /// <summary>WhisperMessage.</summary>
    Msg,
    /// <summary>PreKeyWhisperMessage.</summary>
    PkMsg,
}

/// <summary>Retry reasons of wire/04 §9.1.</summary>
public enum RetryReason
{
    /// <summary>No better reason.</summary>
    Unknown = 0,
    /// <summary>No session, or no sender key.</summary>
    NoSession = 1,
    /// <summary>Invalid key.</summary>
    InvalidKey = 2,
    /// <summary>Unknown pre-key.</summary>
    InvalidKeyId = 3,
    /// <summary>Invalid message.</summary>
    InvalidMessage = 4,
    /// <summary>Invalid signature.</summary>
    InvalidSignature = 5,
    /// <summary>Too far in the future.</summary>
    FutureMessage = 6,
    /// <summary>Bad MAC.</summary>
    BadMac = 7,
    /// <summary>Invalid session.</summary>
    InvalidSession = 8,
    /// <summary>Invalid message key.</summary>
    InvalidMessageKey = 9,
    /// <summary>The sender's device identity does not hold.</summary>
    AdvFailure = 12,
}

/// <summary>A message or bundle that must be refused. State is unchanged.</summary>
public class SignalException(RetryReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What to say in a retry receipt.</summary>
    public RetryReason Reason { get; } = reason;
}
/// <summary>This message's key was used before: drop it, answer it normally, ask for no resend.</summary>
public sealed class DuplicateMessageException(string message) : SignalException(RetryReason.Unknown, message);

/// <summary>Where fresh ratchet keys come from; vectors replace it.</summary>
public interface IKeyPairSource
{
    /// <summary>A fresh pair.</summary>
    KeyPair Next();
}
/// <summary>Random pairs.</summary>
public sealed class RandomKeyPairs : IKeyPairSource
{
    /// <summary>The one instance.</summary>
    public static RandomKeyPairs Instance { get; } = new();
    /// <inheritdoc/>
    public KeyPair Next() => KeyPair.Generate();
}

/// <summary>
/// All sessions with one address: the current one and up to 40 archived (wire/03 §6). Immutable: every operation returns a new record.
/// </summary>
public sealed class SessionRecord
{
    /// <summary>No session yet.</summary>
    public static SessionRecord Empty => throw new NotImplementedException();
    /// <summary>Reads a stored record.</summary>
    public static SessionRecord Deserialize(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();
    /// <summary>For storage (our own format, versioned).</summary>
    public byte[] Serialize() => throw new NotImplementedException();
    /// <summary>True when messages can be encrypted.</summary>
    public bool HasCurrent => throw new NotImplementedException();
    /// <summary>Raw remote identity of the current session (32), or null.</summary>
    public byte[]? RemoteIdentity => throw new NotImplementedException();
    /// <summary>Remote registration id of the current session.</summary>
    public uint RemoteRegistrationId => throw new NotImplementedException();
    /// <summary>Base key of the current session (for the retry collision rule), or null.</summary>
    public byte[]? BaseKey => throw new NotImplementedException();
    /// <summary>True while outgoing messages are still pkmsg.</summary>
    public bool HasPendingPreKey => throw new NotImplementedException();
}

/// <summary>The result of encrypting.</summary>
public readonly record struct Encrypted(SessionRecord Next, CiphertextType Type, byte[] Ciphertext);
/// <summary>The result of decrypting. <see cref="UsedPreKeyId"/> must be deleted in the same transaction that stores <see cref="Next"/>. Identity raw 32.</summary>
public readonly record struct Decrypted(SessionRecord Next, byte[] Plaintext, uint? UsedPreKeyId, byte[] RemoteIdentity, bool NewSession);

/// <summary>The outer fields of a pkmsg, to know what to load before decrypting. Keys raw 32.</summary>
public readonly record struct PreKeyMessageHeader(uint? PreKeyId, uint SignedPreKeyId, uint RegistrationId, byte[] BaseKey, byte[] IdentityKey)
{
    /// <summary>Parses version byte and outer protobuf.</summary>
    /// <exception cref="SignalException">Not a pkmsg.</exception>
    public static PreKeyMessageHeader Read(ReadOnlySpan<byte> pkmsg) => throw new NotImplementedException();
}

/// <summary>X3DH as initiator (wire/03 §4).</summary>
public static class SessionBuilder
{
    /// <summary>Verifies the bundle's signature, archives the current session and installs the new one.</summary>
    /// <exception cref="SignalException">Bad signature or key; nothing changed.</exception>
    public static SessionRecord ProcessBundle(SessionRecord record, LocalIdentity local, PreKeyBundle bundle, IKeyPairSource? keys = null) => throw new NotImplementedException();
}

/// <summary>Double ratchet over session records (wire/03 §5-6). Pure and synchronous.</summary>
public static class SessionCipher
{
    /// <summary>Encrypts with the current session.</summary>
    /// <exception cref="SignalException">No session.</exception>
    public static Encrypted Encrypt(SessionRecord record, LocalIdentity local, ReadOnlySpan<byte> plaintext) => throw new NotImplementedException();
    /// <summary>Decrypts a WhisperMessage ("msg").</summary>
    /// <exception cref="SignalException">Refused; the given record is unchanged.</exception>
    public static Decrypted DecryptMessage(SessionRecord record, LocalIdentity local, ReadOnlySpan<byte> message, IKeyPairSource? keys = null) => throw new NotImplementedException();
    /// <summary>Decrypts a PreKeyWhisperMessage ("pkmsg"). Lookups return null for unknown ids.</summary>
    /// <exception cref="SignalException">Refused; the given record is unchanged.</exception>
    public static Decrypted DecryptPreKeyMessage(SessionRecord record, LocalIdentity local, ReadOnlySpan<byte> message,
        Func<uint, SignedPreKey?> signedPreKeys, Func<uint, PreKey?> preKeys, IKeyPairSource? keys = null) => throw new NotImplementedException();
}

/// <summary>Makes pre-keys (wire/03 §3).</summary>
public static class PreKeys
{
    /// <summary>1 … 16380.</summary>
    public static uint NewRegistrationId() => throw new NotImplementedException();
    /// <summary>Signed by the identity over 05 ‖ public.</summary>
    public static SignedPreKey NewSigned(uint id, KeyPair identity) => throw new NotImplementedException();
    /// <summary>Fresh keys with ids start, start+1 … wrapping 0xFFFFFF → 1.</summary>
    public static IReadOnlyList<PreKey> NewOneTime(uint start, int count) => throw new NotImplementedException();
    /// <summary>The id after this one (24 bits, never 0).</summary>
    public static uint NextId(uint id) => throw new NotImplementedException();
}

/// <summary>Random padding of 1 … 16 bytes (wire/04 §3.5).</summary>
public static class MessagePadding
{
    /// <summary>Padded copy.</summary>
    public static byte[] Pad(ReadOnlySpan<byte> plaintext) => throw new NotImplementedException();
    /// <summary>Without padding.</summary>
    /// <exception cref="SignalException">Bad padding.</exception>
    public static ReadOnlySpan<byte> Unpad(ReadOnlySpan<byte> padded) => throw new NotImplementedException();
}

/// <summary>Hash of a device list, <c>2:</c> + 8 characters (wire/04 §5).</summary>
public static class ParticipantHash
{
    /// <summary>Over the given devices, in any order.</summary>
    public static string Compute(IEnumerable<Jid> devices) => throw new NotImplementedException();
}
