using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// Opens the WebSocket to the server (wire/01 §1) over our own TCP and TLS: half the memory of the stock client
/// for a connection that is idle most of its life (orleans-notes §10).
/// </summary>
internal static class ServerSocket
{
    /// <summary>Connects to a ws:// or wss:// address.</summary>
    /// <exception cref="ProxyFailedException">The proxy does not let us through.</exception>
    /// <exception cref="SocketException">No TCP connection.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">TLS was refused.</exception>
    /// <exception cref="UpgradeRefusedException">The server does not speak WebSocket there.</exception>
    public static async Task<WebSocket> ConnectAsync(Uri url, ExtraTrust? trust, Func<string, int, CancellationToken, ValueTask<Stream>>? dial, CancellationToken cancellationToken)
    {
        var stream = await OpenAsync(url, trust, dial ?? DialAsync, cancellationToken).ConfigureAwait(false);
        try
        {
            await WebSocketUpgrade.RunAsync(stream, url, cancellationToken).ConfigureAwait(false);
            // Pings of the WebSocket layer are answered but not relied on; ours are stanzas.
            return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = Timeout.InfiniteTimeSpan });
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async ValueTask<Stream> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(host, port), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> OpenAsync(Uri url, ExtraTrust? trust, Func<string, int, CancellationToken, ValueTask<Stream>> dial, CancellationToken cancellationToken)
    {
        var network = await dial(url.IdnHost, url.Port, cancellationToken).ConfigureAwait(false);
        if (url.Scheme != Uri.UriSchemeWss)
            return network;
        var tls = new SslStream(network, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(TlsOptions(url, trust), cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static SslClientAuthenticationOptions TlsOptions(Uri url, ExtraTrust? trust)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = url.IdnHost };
        if (trust is not null)
            options.RemoteCertificateValidationCallback = (_, leaf, _, errors) => trust.Accepts(leaf, errors);
        return options;
    }
}
