using System.Net.Security;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Whom media requests of a network trust: what its socket trusts.</summary>
public static class MediaTrust
{
    /// <summary>Adds the certificates of <see cref="DeviceOptions.ExtraCaFile"/>, if there is one.</summary>
    public static void Apply(SslClientAuthenticationOptions tls, DeviceOptions network)
    {
        if (network.ExtraCaFile is { } file)
            tls.RemoteCertificateValidationCallback = (_, certificate, _, errors) => ExtraTrust.Load(file)!.Accepts(certificate, errors);
    }
}
