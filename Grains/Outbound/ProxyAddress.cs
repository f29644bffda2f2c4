using WhatsApp.Protocol.Connection;

namespace WhatsApp.Grains.Outbound;

/// <summary>Proxies of instances: how they are shown, and tunnels through them. The proxy itself is a host a user named: it is dialled through the guard.</summary>
internal static class ProxyAddress
{
    /// <summary>The address without its password.</summary>
    public static string? Shown(string? url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var proxy))
            return null;
        var user = proxy.UserInfo.Split(':', 2)[0];
        return $"{proxy.Scheme}://{(user.Length > 0 ? user + "@" : "")}{proxy.Authority}";
    }

    /// <summary>Opens streams through the proxy; null = there is none.</summary>
    public static Func<string, int, CancellationToken, ValueTask<Stream>>? Dial(string? url, OutboundGuard guard) =>
        Uri.TryCreate(url, UriKind.Absolute, out var proxy)
            ? async (host, port, cancellationToken) => await ProxyTunnel.OpenAsync(proxy, host, port, guard.DialAsync, cancellationToken)
            : null;
}
