using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Pairing;

/// <summary>
/// What the signatures of device identities are made over (wire/01 §6.3, §6.5, wire/03 §10):
/// <code>
/// account   06 00 (hosted 06 05) ‖ details ‖ deviceIdentityKey
/// device    06 01 (hosted 06 06) ‖ details ‖ deviceIdentityKey ‖ accountKey
/// key list  06 02 (hosted 06 07) ‖ details
/// </code>
/// </summary>
internal static class AdvSignature
{
    public const int KeySize = 32;
    public const int SignatureSize = 64;

    /// <summary>Prefix of a hosted account's HMAC input and account signatures.</summary>
    public static ReadOnlySpan<byte> HostedAccountPrefix => [6, 5];

    public static byte[] AccountMessage(ReadOnlySpan<byte> details, ReadOnlySpan<byte> deviceKey, bool isHosted) =>
        [6, (byte)(isHosted ? 5 : 0), .. details, .. deviceKey];

    public static byte[] DeviceMessage(ReadOnlySpan<byte> details, ReadOnlySpan<byte> deviceKey, ReadOnlySpan<byte> accountKey) =>
        [6, 1, .. details, .. deviceKey, .. accountKey];

    public static byte[] KeyIndexListMessage(ReadOnlySpan<byte> details, bool isHosted) =>
        [6, (byte)(isHosted ? 7 : 2), .. details];

    /// <summary>False also for a key or signature of the wrong length.</summary>
    public static bool Verify(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        key.Length == KeySize && signature.Length == SignatureSize && XEdDsa.Verify(key, message, signature);

    /// <summary>Signs with fresh randomness, or with the given 64 bytes.</summary>
    public static byte[] Sign(KeyPair key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> random64) =>
        random64.IsEmpty ? XEdDsa.Sign(key.PrivateKey, message) : XEdDsa.Sign(key.PrivateKey, message, random64);
}
