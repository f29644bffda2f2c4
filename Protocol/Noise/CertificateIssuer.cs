using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Noise;

/// <summary>Makes a chain under an own root (sandbox, tests), wire/01 §3.7.</summary>
public static class CertificateIssuer
{
    private const uint RootSerial = 0, IntermediateSerial = 1, LeafSerial = 2;

    /// <summary>Encoded CertChain: intermediate serial 1 issuer 0, leaf serial 2 issuer 1 with <paramref name="serverStatic"/> as key.</summary>
    public static byte[] Issue(KeyPair root, KeyPair intermediate, ReadOnlySpan<byte> serverStatic, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        ulong from = (ulong)notBefore.ToUnixTimeSeconds(), to = (ulong)notAfter.ToUnixTimeSeconds();
        var leaf = new CertificateDetails(LeafSerial, IntermediateSerial, serverStatic.ToArray(), from, to);
        var middle = new CertificateDetails(IntermediateSerial, RootSerial, intermediate.PublicKey, from, to);
        return new CertificateChain(Sign(intermediate, leaf), Sign(root, middle)).Encode();
    }

    internal static NoiseCertificate Sign(KeyPair issuer, CertificateDetails details)
    {
        var encoded = details.Encode();
        return new NoiseCertificate(encoded, XEdDsa.Sign(issuer.PrivateKey, encoded));
    }
}
