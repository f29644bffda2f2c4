using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Protocol.Connection;

/// <summary>The server did not agree to a WebSocket.</summary>
internal sealed class UpgradeRefusedException(string message) : Exception(message);

/// <summary>The HTTP/1.1 request that turns a stream into a WebSocket (RFC 6455 §4), with the header of wire/01 §1.</summary>
internal static class WebSocketUpgrade
{
    private const string Origin = "https://web.whatsapp.com";
    private const int LongestAnswer = 16 * 1024;
    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;

    /// <summary>Asks and reads the answer.</summary>
    /// <exception cref="UpgradeRefusedException">Anything but a correct 101.</exception>
    public static async Task RunAsync(Stream stream, Uri url, CancellationToken cancellationToken)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Request(url, key)), cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        var head = await ReadHeadAsync(stream, cancellationToken).ConfigureAwait(false);
        Check(head, key);
    }

    /// <summary>The request's text.</summary>
    public static string Request(Uri url, string key) =>
        $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + $"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {Origin}\r\n\r\n";

    /// <summary>Throws unless the head accepts our key.</summary>
    /// <exception cref="UpgradeRefusedException">Another status, or a wrong or missing accept header.</exception>
    public static void Check(string head, string key)
    {
        var lines = head.Split("\r\n");
        var status = lines[0].Split(' ', 3);
        if (status.Length < 2 || !status[0].StartsWith("HTTP/1.1", StringComparison.Ordinal) || status[1] != "101")
            throw new UpgradeRefusedException($"the server answered {(status.Length > 1 ? status[1] : "no status")} instead of 101");
        if (Header(lines, "Sec-WebSocket-Accept") != AcceptOf(key))
            throw new UpgradeRefusedException("the server's Sec-WebSocket-Accept does not fit");
    }

    /// <summary>What a server must answer to a key.</summary>
    public static string AcceptOf(string key)
    {
#pragma warning disable CA5350 // RFC 6455 names SHA-1; it protects nothing here.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    private static string? Header(string[] lines, string name)
    {
        foreach (var line in lines)
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                return line[(name.Length + 1)..].Trim();
        return null;
    }

    // The server has nothing to say before our prologue, so the head ends what there is to read.
    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LongestAnswer);
        try
        {
            var length = 0;
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length, LongestAnswer - length), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    throw new UpgradeRefusedException("the server closed or sent too much before the WebSocket was agreed");
                length += read;
                var end = buffer.AsSpan(0, length).IndexOf(EndOfHead);
                if (end < 0)
                    continue;
                if (end + EndOfHead.Length != length)
                    throw new UpgradeRefusedException("the server spoke before the client");
                return Encoding.ASCII.GetString(buffer, 0, end);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
