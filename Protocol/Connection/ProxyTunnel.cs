using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Text;

namespace WhatsApp.Protocol.Connection;

/// <summary>The proxy does not let us through; the message holds no secret.</summary>
public sealed class ProxyFailedException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// A stream to a host through a proxy: <c>http://</c> and <c>https://</c> by CONNECT (RFC 9110 §9.3.6) with Basic authentication,
/// <c>socks5://</c> by RFC 1928 with user name and password (RFC 1929). The proxy resolves the host's name.
/// </summary>
public static class ProxyTunnel
{
    private const int LongestHead = 16 * 1024;
    private const byte Socks = 5;

    /// <summary>True for the proxies there are.</summary>
    public static bool IsKnown(Uri proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        return proxy.Scheme is "http" or "https" or "socks5";
    }

    /// <summary>Opens a tunnel.</summary>
    /// <param name="proxy">With user name and password in it, when it wants them.</param>
    /// <param name="host">Where to.</param>
    /// <param name="port">Where to.</param>
    /// <param name="dial">Connects to the proxy itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ProxyFailedException">It cannot be reached, refuses, or speaks something else.</exception>
    public static async Task<Stream> OpenAsync(Uri proxy, string host, int port, Func<string, int, CancellationToken, ValueTask<Stream>> dial, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        ArgumentNullException.ThrowIfNull(dial);
        Stream? stream = null;
        try
        {
            stream = await dial(proxy.IdnHost, PortOf(proxy), cancellationToken).ConfigureAwait(false);
            if (proxy.Scheme == "https")
                stream = await SecureAsync(stream, proxy, cancellationToken).ConfigureAwait(false);
            if (proxy.Scheme == "socks5")
                await SocksAsync(stream, proxy, host, port, cancellationToken).ConfigureAwait(false);
            else
                await ConnectAsync(stream, proxy, host, port, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            throw error as ProxyFailedException ?? new ProxyFailedException($"the proxy {proxy.IdnHost} cannot be used: {error.GetBaseException().Message}", error);
        }
        catch
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static int PortOf(Uri proxy) => proxy.Port > 0 ? proxy.Port : proxy.Scheme == "socks5" ? 1080 : 8080;

    private static async Task<Stream> SecureAsync(Stream stream, Uri proxy, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = proxy.IdnHost }, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task ConnectAsync(Stream stream, Uri proxy, string host, int port, CancellationToken cancellationToken)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host)}:{port}");
        var request = new StringBuilder($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if (CredentialsOf(proxy) is { } credentials)
            request.Append("Proxy-Authorization: Basic ").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}"))).Append("\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()), cancellationToken).ConfigureAwait(false);
        var status = (await ReadHeadAsync(stream, cancellationToken).ConfigureAwait(false)).Split(' ', 3);
        if (status is not [var version, "200", ..] || !version.StartsWith("HTTP/1.", StringComparison.Ordinal))
            throw new ProxyFailedException($"the proxy answered {(status.Length > 1 && status[1].Length == 3 && status[1].All(char.IsAsciiDigit) ? status[1] : "nothing we understand")} to CONNECT");
    }

    // Byte by byte: what follows the head belongs to the tunnel.
    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var (head, one) = (new List<byte>(256), new byte[1]);
        while (head.Count < LongestHead)
        {
            await stream.ReadExactlyAsync(one, cancellationToken).ConfigureAwait(false);
            head.Add(one[0]);
            if (head is [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
                return Encoding.ASCII.GetString([.. head]);
        }
        throw new ProxyFailedException("the proxy's answer is too long");
    }

    private static async Task SocksAsync(Stream stream, Uri proxy, string host, int port, CancellationToken cancellationToken)
    {
        var credentials = CredentialsOf(proxy);
        byte[] methods = credentials is null ? [Socks, 1, 0] : [Socks, 2, 0, 2];
        await stream.WriteAsync(methods, cancellationToken).ConfigureAwait(false);
        var method = await ReadAsync(stream, 2, cancellationToken).ConfigureAwait(false);
        if (method[0] != Socks || method[1] is not (0 or 2) || (method[1] == 2 && credentials is null))
            throw new ProxyFailedException(method[0] == Socks ? "the proxy wants another kind of authentication" : "this is no SOCKS5 proxy");
        if (method[1] == 2)
            await LogInAsync(stream, credentials!.Value.User, credentials.Value.Password, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(SocksRequest(host, port), cancellationToken).ConfigureAwait(false);
        var answer = await ReadAsync(stream, 4, cancellationToken).ConfigureAwait(false);
        if (answer[0] != Socks || answer[1] != 0)
            throw new ProxyFailedException(string.Create(CultureInfo.InvariantCulture, $"the proxy refused with {answer[1]}"));
        var length = answer[3] switch
        {
            1 => 4,
            4 => 16,
            3 => (await ReadAsync(stream, 1, cancellationToken).ConfigureAwait(false))[0],
            _ => throw new ProxyFailedException("the proxy's answer makes no sense"),
        };
        await ReadAsync(stream, length + 2, cancellationToken).ConfigureAwait(false);
    }

    private static async Task LogInAsync(Stream stream, string user, string password, CancellationToken cancellationToken)
    {
        var (name, secret) = (Encoding.UTF8.GetBytes(user), Encoding.UTF8.GetBytes(password));
        if (name.Length is 0 or > 255 || secret.Length > 255)
            throw new ProxyFailedException("user name and password of a SOCKS5 proxy have at most 255 bytes");
        byte[] login = [1, (byte)name.Length, .. name, (byte)secret.Length, .. secret];
        await stream.WriteAsync(login, cancellationToken).ConfigureAwait(false);
        if ((await ReadAsync(stream, 2, cancellationToken).ConfigureAwait(false))[1] != 0)
            throw new ProxyFailedException("the proxy refused user name and password");
    }

    private static byte[] SocksRequest(string host, int port)
    {
        Span<byte> number = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(number, (ushort)port);
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            var bytes = address.GetAddressBytes();
            return [Socks, 1, 0, (byte)(bytes.Length == 4 ? 1 : 4), .. bytes, .. number];
        }
        var name = Encoding.ASCII.GetBytes(host);
        return name.Length is > 0 and <= 255 ? [Socks, 1, 0, 3, (byte)name.Length, .. name, .. number] : throw new ProxyFailedException("the host's name is too long for SOCKS5");
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    private static (string User, string Password)? CredentialsOf(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0)
            return null;
        var colon = proxy.UserInfo.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? (Uri.UnescapeDataString(proxy.UserInfo), "")
            : (Uri.UnescapeDataString(proxy.UserInfo[..colon]), Uri.UnescapeDataString(proxy.UserInfo[(colon + 1)..]));
    }
}
