using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Sandbox.Phones;

/// <summary>
/// The device-identity a companion sends with a pkmsg (wire/03 §10): account signature over <c>06 00</c> ‖ details ‖ identity and device
/// signature over <c>06 01</c> ‖ details ‖ identity ‖ account key. WhatsApp checks it, so the sandbox's phones do.
/// </summary>
internal static class DeviceIdentityCheck
{
    /// <summary>Whether the node holds and belongs to this identity key (32 bytes).</summary>
    public static bool Holds(Node? node, byte[] identity)
    {
        if (node?.Bytes is not { } bytes)
            return false;
        ADVSignedDeviceIdentity signed;
        try
        {
            signed = ADVSignedDeviceIdentity.Parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
        var (details, account) = (signed.Details.ToByteArray(), signed.AccountSignatureKey.ToByteArray());
        return account.Length == 32
            && XEdDsa.Verify(account, [6, 0, .. details, .. identity], signed.AccountSignature.Span)
            && XEdDsa.Verify(identity, [6, 1, .. details, .. identity, .. account], signed.DeviceSignature.Span);
    }
}
