using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Pairing;

/// <summary>Our device identity after the account's phone signed it and we signed it too (wire/01 §6.5).</summary>
/// <param name="Signed">Encoded ADVSignedDeviceIdentity with account key and both signatures: to store, and to send with pkmsg.</param>
/// <param name="Reply">The same without the account key: content of pair-device-sign.</param>
/// <param name="KeyIndex">Attribute of pair-device-sign.</param>
/// <param name="AccountKey">The account's identity key, 32 bytes: identity of device 0 for its PN and its LID.</param>
public sealed record CompanionIdentity(byte[] Signed, byte[] Reply, uint KeyIndex, byte[] AccountKey)
{
    private const int MaxWrappedSize = 500;

    /// <summary>Checks what the phone made, and signs it.</summary>
    /// <param name="wrapped">Encoded ADVSignedDeviceIdentityHMAC, 1 … 500 bytes.</param>
    /// <param name="advSecret">Secret of the QR on show, or of the link code.</param>
    /// <param name="identity">Our identity key pair.</param>
    /// <exception cref="PairingRefusedException">With the failed check.</exception>
    public static CompanionIdentity Accept(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> advSecret, KeyPair identity) =>
        Accept(wrapped, advSecret, identity, []);

    internal static CompanionIdentity Accept(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> advSecret, KeyPair identity, ReadOnlySpan<byte> signatureRandom)
    {
        var signed = Parse(ADVSignedDeviceIdentity.Parser, Unwrap(wrapped, advSecret));
        if (signed.Details.IsEmpty || signed.AccountSignatureKey.Length != AdvSignature.KeySize || signed.AccountSignature.Length != AdvSignature.SignatureSize)
            throw new PairingRefusedException(PairingRefusal.Malformed, "the signed device identity lacks details, account key or account signature");
        var details = Parse(ADVDeviceIdentity.Parser, signed.Details.Span);
        if (!details.HasKeyIndex)
            throw new PairingRefusedException(PairingRefusal.Malformed, "the device identity has no key index");

        var isHosted = details.DeviceType == ADVEncryptionType.Hosted;
        var accountMessage = AdvSignature.AccountMessage(signed.Details.Span, identity.PublicKey, isHosted);
        if (!AdvSignature.Verify(signed.AccountSignatureKey.Span, accountMessage, signed.AccountSignature.Span))
            throw new PairingRefusedException(PairingRefusal.AccountSignatureMismatch, "the account's signature of this device does not hold");

        // Prefix 06 01 also for hosted devices: wire/01 §6.5 step 3.
        var deviceMessage = AdvSignature.DeviceMessage(signed.Details.Span, identity.PublicKey, signed.AccountSignatureKey.Span);
        var deviceSignature = ByteString.CopyFrom(AdvSignature.Sign(identity, deviceMessage, signatureRandom));
        var reply = new ADVSignedDeviceIdentity { Details = signed.Details, AccountSignature = signed.AccountSignature, DeviceSignature = deviceSignature };
        var stored = new ADVSignedDeviceIdentity(reply) { AccountSignatureKey = signed.AccountSignatureKey };
        return new(stored.ToByteArray(), reply.ToByteArray(), details.KeyIndex, signed.AccountSignatureKey.ToByteArray());
    }

    /// <summary>The key index as the attribute is written.</summary>
    internal string KeyIndexText => KeyIndex.ToString(CultureInfo.InvariantCulture);

    private static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> advSecret)
    {
        if (wrapped.Length is 0 or > MaxWrappedSize)
            throw new PairingRefusedException(PairingRefusal.Malformed, "the device identity has a wrong length");
        var wrapper = Parse(ADVSignedDeviceIdentityHMAC.Parser, wrapped);
        var mac = Mac(wrapper.Details.Span, advSecret, wrapper.AccountType == ADVEncryptionType.Hosted);
        if (!CryptographicOperations.FixedTimeEquals(mac, wrapper.Hmac.Span))
            throw new PairingRefusedException(PairingRefusal.HmacMismatch, "the device identity was not made with our secret");
        return wrapper.Details.Span;
    }

    /// <summary>HMAC-SHA256 over the signed identity, with the hosted prefix for a hosted account (wire/01 §6.3).</summary>
    internal static byte[] Mac(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> advSecret, bool isHosted) =>
        HMACSHA256.HashData(advSecret, isHosted ? [.. AdvSignature.HostedAccountPrefix, .. signed] : signed);

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new PairingRefusedException(PairingRefusal.Malformed, "the device identity does not decode", e);
        }
    }
}
