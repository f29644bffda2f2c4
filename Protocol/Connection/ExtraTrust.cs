using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// Certificates of a PEM file trusted in addition to the system's roots. An authority in the file is trusted for what it signed and
/// the right host name; a leaf in the file is trusted as itself, whatever name it bears.
/// </summary>
internal sealed class ExtraTrust
{
    private static readonly ConcurrentDictionary<(string Path, DateTime Changed), ExtraTrust> Loaded = new();

    private readonly X509Certificate2Collection _certificates = [];

    private ExtraTrust(string path) => _certificates.ImportFromPemFile(path);

    /// <summary>The certificates of the file, read once per version of the file; null when no file is named.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The file holds no PEM certificate.</exception>
    public static ExtraTrust? Load(string? path) =>
        path is null ? null : Loaded.GetOrAdd((path, File.GetLastWriteTimeUtc(path)), key => new ExtraTrust(key.Path));

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Accepts(X509Certificate? leaf, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (leaf is not X509Certificate2 certificate)
            return false;
        if (_certificates.Any(listed => listed.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)))
            return true;
        return errors == SslPolicyErrors.RemoteCertificateChainErrors && IsSignedByListed(certificate);
    }

    private bool IsSignedByListed(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(_certificates);
        return chain.Build(certificate);
    }
}
