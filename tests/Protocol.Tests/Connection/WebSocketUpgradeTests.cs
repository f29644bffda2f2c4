using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Tests.Connection;

public class WebSocketUpgradeTests
{
    // RFC 6455 §1.3.
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    [Fact]
    public void The_accept_value_is_the_one_of_the_RFC() => Assert.Equal(Accept, WebSocketUpgrade.AcceptOf(Key));

    [Fact]
    public void The_request_names_path_query_host_and_origin()
    {
        var request = WebSocketUpgrade.Request(new Uri("wss://web.whatsapp.com:5222/ws/chat?ED=abc"), Key);

        Assert.StartsWith("GET /ws/chat?ED=abc HTTP/1.1\r\nHost: web.whatsapp.com:5222\r\n", request, StringComparison.Ordinal);
        Assert.Contains("Origin: https://web.whatsapp.com\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", request, StringComparison.Ordinal);
    }

    [Fact]
    public void A_101_with_our_key_is_accepted_in_any_case_of_the_header() =>
        WebSocketUpgrade.Check($"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nSEC-WEBSOCKET-ACCEPT: {Accept}", Key);

    [Theory]
    [InlineData("HTTP/1.1 403 Forbidden")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA")]
    [InlineData("HTTP/1.0 101 Switching Protocols")]
    [InlineData("nonsense")]
    [InlineData("")]
    public void Anything_else_is_refused(string head) => Assert.Throws<UpgradeRefusedException>(() => WebSocketUpgrade.Check(head, Key));

    [Fact]
    public async Task An_answer_that_never_ends_is_refused()
    {
        await using var stream = new DuplexStream(Enumerable.Repeat((byte)'x', 64 * 1024).ToArray());

        await Assert.ThrowsAsync<UpgradeRefusedException>(() => WebSocketUpgrade.RunAsync(stream, new Uri("ws://localhost/"), default));
    }

    /// <summary>Reads given bytes; swallows what is written.</summary>
    private sealed class DuplexStream(byte[] input) : MemoryStream(input, writable: false)
    {
        public override bool CanWrite => true;
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
