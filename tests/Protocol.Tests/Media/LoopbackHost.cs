using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Protocol.Tests.Media;

/// <summary>A media host over TLS on a loopback port, answering as the test says; remembers what it was asked.</summary>
internal sealed class LoopbackHost : IAsyncDisposable
{
    private static readonly X509Certificate2 Certificate = MakeCertificate();
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<string> _requests = [];

    private LoopbackHost(WebApplication app) => _app = app;

    public MediaHost Host { get; private set; } = null!;

    /// <summary>"METHOD path?query" of every request, in order.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_gate)
                return [.. _requests];
        }
    }

    public static async Task<LoopbackHost> StartAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(Certificate);
            });
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        var host = new LoopbackHost(app);
        app.Run(async context =>
        {
            lock (host._gate)
                host._requests.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            await answer(context);
        });
        await app.StartAsync();
        host.Host = new MediaHost("127.0.0.1:" + new Uri(app.Urls.First()).Port, false);
        return host;
    }

    /// <summary>Trusts our own certificate only.</summary>
    public static HttpMessageInvoker NewClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null && certificate.GetRawCertData().AsSpan().SequenceEqual(Certificate.RawData) },
    });

    /// <summary>Options for quick tests.</summary>
    public static MediaTransferOptions Quick { get; } = new()
    {
        StallTimeout = TimeSpan.FromSeconds(20),
        RetryDelay = TimeSpan.FromMilliseconds(5),
        DownloadTries = 3,
        PublicHosts = [],
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}

/// <summary>A source that gives connections in order, the last one for ever.</summary>
internal sealed class FixedConnections(params MediaConnection[] connections) : IMediaConnectionSource
{
    private int _index;

    public int Refreshes { get; private set; }

    public static FixedConnections To(params LoopbackHost[] hosts) => new(Connection("secret", hosts));

    public static MediaConnection Connection(string auth, params LoopbackHost[] hosts) =>
        new(auth, [.. hosts.Select(host => host.Host)], DateTimeOffset.MaxValue);

    public Task<MediaConnection> GetAsync(CancellationToken cancellationToken) => Task.FromResult(connections[_index]);

    public Task<MediaConnection> RefreshAsync(MediaConnection refused, CancellationToken cancellationToken)
    {
        Refreshes++;
        _index = Math.Min(_index + 1, connections.Length - 1);
        return GetAsync(cancellationToken);
    }
}
