using System.Security.Cryptography.X509Certificates;
using WhatsApp.Sandbox;

namespace WhatsApp.Protocol.Tests.Sandbox;

/// <summary>HTTP to a sandbox's media hosts, trusting its authority.</summary>
internal static class SandboxHttp
{
    public static HttpClient Client(SandboxNetwork network)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(network.CaFile) },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
    }
}
