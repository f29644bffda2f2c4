using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Noise;

/// <summary>The server's certificate chain is not good.</summary>
public sealed class CertificateRejectedException(string message) : NoiseException(message)
{
    /// <summary>The rule of wire/01 §3.7 that failed, 1 to 7.</summary>
    public int Rule { get; init; }
}

/// <summary>Checks the chain of wire/01 §3.7, rules 1-7: root → intermediate → leaf → the server's static key.</summary>
public sealed class CertificateValidator
{
    private readonly byte[] _rootKey;
    private readonly TimeProvider _time;
    private readonly uint _rootSerial;

    /// <summary>Production root public key, 32 bytes.</summary>
    public static ReadOnlySpan<byte> ProductionRoot =>
    [
        0x14, 0x23, 0x75, 0x57, 0x4d, 0x0a, 0x58, 0x71, 0x66, 0xaa, 0xe7, 0x1e, 0xbe, 0x51, 0x64, 0x37,
        0xc4, 0xa2, 0x8b, 0x73, 0xe3, 0x69, 0x5c, 0x6c, 0xe1, 0xf7, 0xf9, 0x54, 0x5d, 0xa8, 0xee, 0x6b,
    ];

    /// <param name="rootKey">Root public key, 32 bytes.</param>
    /// <param name="time">Clock for notBefore/notAfter.</param>
    /// <param name="rootSerial">Serial the intermediate must name as its issuer.</param>
    /// <exception cref="ArgumentException">A root key that is not 32 bytes.</exception>
    public CertificateValidator(ReadOnlySpan<byte> rootKey, TimeProvider time, uint rootSerial = 0)
    {
        if (rootKey.Length != Curve25519.KeySize)
            throw new ArgumentException("A root key has 32 bytes.", nameof(rootKey));
        (_rootKey, _time, _rootSerial) = (rootKey.ToArray(), time, rootSerial);
    }

    /// <summary>Returns when all rules hold.</summary>
    /// <param name="certificateChain">Encoded CertChain.</param>
    /// <param name="serverStatic">The static key of the handshake, 32 bytes.</param>
    /// <exception cref="CertificateRejectedException">Names the rule that failed.</exception>
    public void Validate(ReadOnlySpan<byte> certificateChain, ReadOnlySpan<byte> serverStatic)
    {
        var (leafCertificate, intermediateCertificate) = ReadChain(certificateChain);
        CertificateDetails leaf = ReadDetails(leafCertificate), intermediate = ReadDetails(intermediateCertificate);

        Require(2, intermediate.IssuerSerial == _rootSerial, "the intermediate names another root");
        Require(3, XEdDsa.Verify(_rootKey, intermediateCertificate.Details, intermediateCertificate.Signature), "the intermediate is not signed by the root");
        Require(4, intermediate.Key.Length == Curve25519.KeySize, "the intermediate's key is not 32 bytes long");
        Require(4, leaf.IssuerSerial == intermediate.Serial, "the leaf names another issuer");
        Require(5, XEdDsa.Verify(intermediate.Key, leafCertificate.Details, leafCertificate.Signature), "the leaf is not signed by the intermediate");
        Require(6, serverStatic.SequenceEqual(leaf.Key), "the leaf certifies another key than the server uses");
        Require(7, IsValidNow(intermediate), "the intermediate is not valid at this time");
        Require(7, IsValidNow(leaf), "the leaf is not valid at this time");
    }

    private static (NoiseCertificate Leaf, NoiseCertificate Intermediate) ReadChain(ReadOnlySpan<byte> encoded)
    {
        CertificateChain chain;
        try
        {
            chain = CertificateChain.Decode(encoded);
        }
        catch (NoiseException)
        {
            throw Rejected(1, "the chain is not protobuf");
        }
        return (RequireWhole(chain.Leaf, "leaf"), RequireWhole(chain.Intermediate, "intermediate"));
    }

    private static NoiseCertificate RequireWhole(NoiseCertificate? certificate, string name)
    {
        if (certificate is null)
            throw Rejected(1, $"the {name} is missing");
        Require(1, certificate.Details.Length > 0, $"the {name} has no details");
        Require(1, certificate.Signature.Length == XEdDsa.SignatureSize, $"the {name} has no 64-byte signature");
        return certificate;
    }

    private static CertificateDetails ReadDetails(NoiseCertificate certificate)
    {
        try
        {
            return CertificateDetails.Decode(certificate.Details);
        }
        catch (NoiseException)
        {
            throw Rejected(1, "details are not protobuf");
        }
    }

    private bool IsValidNow(CertificateDetails details)
    {
        var now = (ulong)Math.Max(0, _time.GetUtcNow().ToUnixTimeSeconds());
        return now >= details.NotBefore && now <= details.NotAfter;
    }

    private static void Require(int rule, bool holds, string why)
    {
        if (!holds)
            throw Rejected(rule, why);
    }

    private static CertificateRejectedException Rejected(int rule, string why) => new($"Certificate rule {rule}: {why}.") { Rule = rule };
}
