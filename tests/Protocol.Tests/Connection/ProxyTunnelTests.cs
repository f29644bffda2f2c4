using System.Net;
using System.Net.Sockets;
using System.Text;
using WhatsApp.Protocol.Connection;
using WhatsApp.Sandbox.Proxies;

namespace WhatsApp.Protocol.Tests.Connection;

public sealed class ProxyTunnelTests
{
    private static async ValueTask<Stream> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken);
        return client.GetStream();
    }

    private static Task<Stream> OpenAsync(string proxy, string host, int port) => ProxyTunnel.OpenAsync(new Uri(proxy), host, port, DialAsync, default).WaitAsync(TimeSpan.FromSeconds(30));

    [Theory, InlineData("http", false), InlineData("http", true), InlineData("socks5", false), InlineData("socks5", true)]
    public async Task Bytes_pass_both_ways(string scheme, bool withPassword)
    {
        await using var proxy = withPassword ? new LoopbackProxy("me", "p@ss:word") : new LoopbackProxy();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        var url = withPassword ? $"{scheme}://me:p%40ss%3Aword@127.0.0.1:{proxy.Port}" : proxy.Url(scheme);

        await using var tunnel = await OpenAsync(url, "127.0.0.1", port);
        using var accepted = await server.AcceptTcpClientAsync();
        await tunnel.WriteAsync("ping"u8.ToArray());
        var bytes = new byte[4];
        await accepted.GetStream().ReadExactlyAsync(bytes);
        await accepted.GetStream().WriteAsync(bytes);
        await tunnel.ReadExactlyAsync(bytes);

        Assert.Equal("ping", Encoding.ASCII.GetString(bytes));
        Assert.Equal([$"127.0.0.1:{port}"], proxy.Targets);
    }

    [Theory, InlineData("http"), InlineData("socks5")]
    public async Task A_wrong_password_is_told_without_it(string scheme)
    {
        await using var proxy = new LoopbackProxy("me", "right");
        var refused = await Assert.ThrowsAsync<ProxyFailedException>(() => OpenAsync($"{scheme}://me:wrong@127.0.0.1:{proxy.Port}", "127.0.0.1", 9));
        Assert.DoesNotContain("wrong", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProxyFailedException>(() => OpenAsync($"{scheme}://127.0.0.1:{proxy.Port}", "127.0.0.1", 9));
        Assert.Empty(proxy.Targets);
    }

    [Theory, InlineData("http"), InlineData("socks5")]
    public async Task What_is_no_proxy_or_not_there_fails(string scheme)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        var talking = Task.Run(async () =>
        {
            using var client = await server.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("SSH-2.0-nothing\r\n\r\n and more of it"u8.ToArray());
        });
        await Assert.ThrowsAsync<ProxyFailedException>(() => OpenAsync($"{scheme}://127.0.0.1:{port}", "127.0.0.1", 9));
        await talking.WaitAsync(TimeSpan.FromSeconds(30)).ContinueWith(_ => { }, TaskScheduler.Default);
        server.Stop();
        await Assert.ThrowsAsync<ProxyFailedException>(() => OpenAsync($"{scheme}://127.0.0.1:{port}", "127.0.0.1", 9));
    }

    [Fact]
    public void A_broken_proxy_is_named_as_the_reason_and_tried_again() =>
        Assert.Equal(("proxy_error", true), ReconnectPolicy.Decide(new ConnectionEnd(EndKind.ConnectFailed, Detail: "proxy-error")) is var decision ? (decision.Reason, decision.WillReconnect) : default);
}
