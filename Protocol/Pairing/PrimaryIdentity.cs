using Google.Protobuf;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Pairing;

/// <summary>The phone's side of linking: signs companions and the list of their key indexes (wire/01 §6.3). Virtual phones use it.</summary>
/// <param name="identity">The account's identity key pair.</param>
/// <param name="rawId">Random per account registration.</param>
public sealed class PrimaryIdentity(KeyPair identity, uint rawId)
{
    /// <summary>Makes the content of pair-success' device-identity: an encoded ADVSignedDeviceIdentityHMAC.</summary>
    /// <param name="companionKey">The companion's identity key, 32 bytes.</param>
    /// <param name="advSecret">From the QR or the link code, 32 bytes.</param>
    /// <param name="keyIndex">1 for the first companion, then growing.</param>
    /// <param name="at">When; kept in seconds.</param>
    /// <param name="accountType">Hosted changes the HMAC.</param>
    /// <param name="deviceType">Hosted changes the account signature.</param>
    public byte[] SignCompanion(ReadOnlySpan<byte> companionKey, ReadOnlySpan<byte> advSecret, uint keyIndex, DateTimeOffset at,
        ADVEncryptionType accountType = ADVEncryptionType.E2Ee, ADVEncryptionType deviceType = ADVEncryptionType.E2Ee) =>
        SignCompanion(companionKey, advSecret, keyIndex, at, accountType, deviceType, []);

    internal byte[] SignCompanion(ReadOnlySpan<byte> companionKey, ReadOnlySpan<byte> advSecret, uint keyIndex, DateTimeOffset at,
        ADVEncryptionType accountType, ADVEncryptionType deviceType, ReadOnlySpan<byte> signatureRandom)
    {
        var details = new ADVDeviceIdentity
        {
            RawId = rawId,
            Timestamp = (ulong)at.ToUnixTimeSeconds(),
            KeyIndex = keyIndex,
            AccountType = accountType,
            DeviceType = deviceType,
        }.ToByteString();
        var message = AdvSignature.AccountMessage(details.Span, companionKey, deviceType == ADVEncryptionType.Hosted);
        var signed = new ADVSignedDeviceIdentity
        {
            Details = details,
            AccountSignatureKey = ByteString.CopyFrom(identity.PublicKey),
            AccountSignature = ByteString.CopyFrom(AdvSignature.Sign(identity, message, signatureRandom)),
        }.ToByteString();
        return new ADVSignedDeviceIdentityHMAC
        {
            Details = signed,
            Hmac = ByteString.CopyFrom(CompanionIdentity.Mac(signed.Span, advSecret, accountType == ADVEncryptionType.Hosted)),
            AccountType = accountType,
        }.ToByteArray();
    }

    /// <summary>
    /// Whether a pair-device-sign is the answer to our signature: details are ours, and the companion signed them.
    /// Returns the full identity (with our key, as other devices see it), or null.
    /// </summary>
    /// <param name="reply">Content of its device-identity.</param>
    /// <param name="companionKey">The companion's identity key, 32 bytes.</param>
    public byte[]? AcceptReply(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> companionKey)
    {
        ADVSignedDeviceIdentity signed;
        ADVDeviceIdentity details;
        try
        {
            signed = ADVSignedDeviceIdentity.Parser.ParseFrom(reply);
            details = ADVDeviceIdentity.Parser.ParseFrom(signed.Details);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
        var accountMessage = AdvSignature.AccountMessage(signed.Details.Span, companionKey, details.DeviceType == ADVEncryptionType.Hosted);
        var deviceMessage = AdvSignature.DeviceMessage(signed.Details.Span, companionKey, identity.PublicKey);
        if (!AdvSignature.Verify(identity.PublicKey, accountMessage, signed.AccountSignature.Span)
            || !AdvSignature.Verify(companionKey, deviceMessage, signed.DeviceSignature.Span))
            return null;
        signed.AccountSignatureKey = ByteString.CopyFrom(identity.PublicKey);
        return signed.ToByteArray();
    }

    /// <summary>Encoded ADVSignedKeyIndexList for usync's <c>key-index-list</c>.</summary>
    /// <param name="at">When; kept in seconds.</param>
    /// <param name="currentIndex">Highest index given so far.</param>
    /// <param name="validIndexes">Indexes of the companions still linked.</param>
    /// <param name="accountType">Hosted changes the signature.</param>
    public byte[] SignKeyIndexList(DateTimeOffset at, uint currentIndex, IEnumerable<uint> validIndexes, ADVEncryptionType accountType = ADVEncryptionType.E2Ee)
    {
        var details = new ADVKeyIndexList
        {
            RawId = rawId,
            Timestamp = (ulong)at.ToUnixTimeSeconds(),
            CurrentIndex = currentIndex,
            ValidIndexes = { validIndexes },
            AccountType = accountType,
        }.ToByteString();
        var message = AdvSignature.KeyIndexListMessage(details.Span, accountType == ADVEncryptionType.Hosted);
        return new ADVSignedKeyIndexList
        {
            Details = details,
            AccountSignature = ByteString.CopyFrom(AdvSignature.Sign(identity, message, [])),
            AccountSignatureKey = ByteString.CopyFrom(identity.PublicKey),
        }.ToByteArray();
    }
}
