using System.Buffers.Binary;
using Google.Protobuf;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Pairing;

/// <summary>The ClientPayload of a device that is not linked yet: it hands over its public keys (wire/01 §4.2).</summary>
public static class RegistrationPayload
{
    private const int MaxSignedPreKeyId = 0xFFFFFF;

    /// <summary>Encoded ClientPayload for the handshake.</summary>
    /// <exception cref="FormatException">The version of the options is not "2.3000.N".</exception>
    public static byte[] Encode(DeviceOptions options, LocalIdentity identity, SignedPreKey signedPreKey) =>
        Encode(ClientVersion.Parse(options.Version), CompanionProps.Of(options), identity, signedPreKey);

    internal static byte[] Encode(ClientVersion version, DeviceProps props, LocalIdentity identity, SignedPreKey signedPreKey)
    {
        if (signedPreKey.Id > MaxSignedPreKeyId)
            throw new ArgumentException("a signed pre-key id has 24 bits", nameof(signedPreKey));
        var payload = ClientIdentification.Describe(version);
        payload.Passive = false;
        payload.Pull = false;
        payload.DevicePairingData = new()
        {
            ERegid = BigEndian(identity.RegistrationId, 4),
            EKeytype = ByteString.CopyFrom(0x05),
            EIdent = ByteString.CopyFrom(identity.IdentityKey.PublicKey),
            ESkeyId = BigEndian(signedPreKey.Id, 3),
            ESkeyVal = ByteString.CopyFrom(signedPreKey.Keys.PublicKey),
            ESkeySig = ByteString.CopyFrom(signedPreKey.Signature),
            BuildHash = ByteString.CopyFrom(version.BuildHash()),
            DeviceProps = props.ToByteString(),
        };
        return payload.ToByteArray();
    }

    private static ByteString BigEndian(uint value, int size)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return ByteString.CopyFrom(bytes[(4 - size)..]);
    }
}
