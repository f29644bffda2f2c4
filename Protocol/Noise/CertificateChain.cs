using System.Buffers;

namespace WhatsApp.Protocol.Noise;

/// <summary><c>CertChain { leaf = 1; intermediate = 2 }</c> (wire/01 §3.7). Null = absent.</summary>
internal sealed record CertificateChain(NoiseCertificate? Leaf, NoiseCertificate? Intermediate)
{
    internal byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        if (Leaf is not null)
            ProtoFields.Write(output, 1, Leaf.Encode());
        if (Intermediate is not null)
            ProtoFields.Write(output, 2, Intermediate.Encode());
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="NoiseException">Not protobuf.</exception>
    internal static CertificateChain Decode(ReadOnlySpan<byte> encoded)
    {
        NoiseCertificate? leaf = null, intermediate = null;
        var fields = new ProtoFields(encoded);
        while (fields.Next())
        {
            if (fields.Field == 1)
                leaf = NoiseCertificate.Decode(fields.Bytes);
            else if (fields.Field == 2)
                intermediate = NoiseCertificate.Decode(fields.Bytes);
        }
        return new CertificateChain(leaf, intermediate);
    }
}

/// <summary><c>NoiseCertificate { details = 1; signature = 2 }</c>: the signature covers the raw details. Empty = absent.</summary>
internal sealed record NoiseCertificate(byte[] Details, byte[] Signature)
{
    internal byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        ProtoFields.Write(output, 1, Details);
        ProtoFields.Write(output, 2, Signature);
        return output.WrittenSpan.ToArray();
    }

    internal static NoiseCertificate Decode(ReadOnlySpan<byte> encoded)
    {
        byte[] details = [], signature = [];
        var fields = new ProtoFields(encoded);
        while (fields.Next())
        {
            if (fields.Field == 1)
                details = fields.Bytes.ToArray();
            else if (fields.Field == 2)
                signature = fields.Bytes.ToArray();
        }
        return new NoiseCertificate(details, signature);
    }
}

/// <summary>
/// <c>Details { uint32 serial = 1; uint32 issuerSerial = 2; bytes key = 3; uint64 notBefore = 4; uint64 notAfter = 5 }</c>,
/// times in seconds since the Unix epoch.
/// </summary>
internal sealed record CertificateDetails(uint Serial, uint IssuerSerial, byte[] Key, ulong NotBefore, ulong NotAfter)
{
    internal byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        ProtoFields.Write(output, 1, Serial);
        ProtoFields.Write(output, 2, IssuerSerial);
        ProtoFields.Write(output, 3, Key);
        ProtoFields.Write(output, 4, NotBefore);
        ProtoFields.Write(output, 5, NotAfter);
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="NoiseException">Not protobuf.</exception>
    internal static CertificateDetails Decode(ReadOnlySpan<byte> encoded)
    {
        ulong serial = 0, issuerSerial = 0, notBefore = 0, notAfter = 0;
        byte[] key = [];
        var fields = new ProtoFields(encoded);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1: serial = fields.Number; break;
                case 2: issuerSerial = fields.Number; break;
                case 3: key = fields.Bytes.ToArray(); break;
                case 4: notBefore = fields.Number; break;
                case 5: notAfter = fields.Number; break;
            }
        }
        return new CertificateDetails((uint)serial, (uint)issuerSerial, key, notBefore, notAfter);
    }
}
