using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace WhatsApp.Grains.Outbound;

/// <summary>The host is not public and not allowed by configuration.</summary>
public sealed class OutboundBlockedException(string host) : Exception($"{host} is not a public address and not in Outbound:AllowedHosts");

/// <summary>
/// Makes the one HTTP handler for every request a user can steer (architecture §5.7): names are resolved here, every address is checked,
/// and the connection goes to the address that was checked. No proxy, no redirects.
/// </summary>
public sealed class OutboundGuard(IOptions<OutboundOptions> options)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A handler that connects only to allowed addresses.</summary>
    public SocketsHttpHandler CreateHandler() => CreateHandler([]);

    /// <summary>As above; hosts of our own configuration are allowed wherever they resolve to.</summary>
    public SocketsHttpHandler CreateHandler(IReadOnlyList<string> ownHosts) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        MaxConnectionsPerServer = 64,
        MaxResponseHeadersLength = 32,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context, ownHosts, cancellationToken),
    };

    /// <summary>The addresses of a host that may be connected to.</summary>
    /// <exception cref="OutboundBlockedException">None is allowed.</exception>
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => ResolveAsync(host, [], cancellationToken);

    /// <summary>A TCP connection to an allowed address.</summary>
    /// <exception cref="OutboundBlockedException">None is allowed.</exception>
    public ValueTask<Stream> DialAsync(string host, int port, CancellationToken cancellationToken) => DialAsync(host, port, [], cancellationToken);

    private async Task<IPAddress[]> ResolveAsync(string host, IReadOnlyList<string> ownHosts, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(host, cancellationToken);
        if (options.Value.AllowPrivateNetworks || options.Value.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase)
            || ownHosts.Contains(host, StringComparer.OrdinalIgnoreCase))
            return addresses;
        var allowed = Array.FindAll(addresses, PublicAddress.IsPublic);
        return allowed.Length > 0 ? allowed : throw new OutboundBlockedException(host);
    }

    private ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, IReadOnlyList<string> ownHosts, CancellationToken cancellationToken) =>
        DialAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ownHosts, cancellationToken);

    private async ValueTask<Stream> DialAsync(string host, int port, IReadOnlyList<string> ownHosts, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(host, ownHosts, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
