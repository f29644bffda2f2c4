using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WhatsApp.Sandbox.Network;

/// <summary>An own certificate authority for https and wss on loopback: clients trust its <c>ca.pem</c>.</summary>
internal sealed class TlsAuthority
{
    private const string CaName = "ca.pem";
    private const string ServerName = "server.pfx";

    private static readonly Lazy<TlsAuthority> Shared = new(MakeShared);

    private TlsAuthority(string caFile, X509Certificate2 server)
    {
        CaFile = caFile;
        Server = server;
    }

    /// <summary>PEM of the authority.</summary>
    public string CaFile { get; }
    /// <summary>Certificate of localhost, 127.0.0.1 and ::1.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>The authority of a folder, made on first use; without a folder the one of this process, forgotten with it.</summary>
    public static TlsAuthority LoadOrCreate(string? folder, TimeProvider time) => folder is null ? Shared.Value : InFolder(folder, time);

    private static TlsAuthority MakeShared()
    {
        var folder = Directory.CreateTempSubdirectory("sandbox-tls-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return InFolder(folder, TimeProvider.System);
    }

    private static TlsAuthority InFolder(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var (ca, server) = (Path.Combine(folder, CaName), Path.Combine(folder, ServerName));
        if (File.Exists(ca) && File.Exists(server))
            return new TlsAuthority(ca, X509CertificateLoader.LoadPkcs12FromFile(server, null));
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = Authority(caKey, time);
        File.WriteAllText(ca, authority.ExportCertificatePem());
        File.WriteAllBytes(server, Leaf(authority, time));
        return new TlsAuthority(ca, X509CertificateLoader.LoadPkcs12FromFile(server, null));
    }

    private static X509Certificate2 Authority(ECDsa key, TimeProvider time)
    {
        var request = new CertificateRequest("CN=WhatsApp sandbox", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
    }

    private static byte[] Leaf(X509Certificate2 authority, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var now = time.GetUtcNow();
        using var signed = request.Create(authority, now.AddDays(-1), now.AddYears(2), RandomNumberGenerator.GetBytes(12));
        using var complete = signed.CopyWithPrivateKey(key);
        return complete.Export(X509ContentType.Pkcs12);
    }
}
