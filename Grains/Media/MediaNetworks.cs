using System.Collections.Concurrent;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Outbound;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Grains.Media;

/// <summary>How files travel in one network.</summary>
/// <param name="Http">Sends the requests: guarded, no redirects, trusts what the network's socket trusts.</param>
/// <param name="Options">Limits.</param>
public sealed record MediaNetwork(HttpMessageInvoker Http, MediaTransferOptions Options);

/// <summary>
/// The media side of every configured network. A network with a root key of its own is not the real one: its media hosts may be where its
/// socket is, e.g. on loopback, and files are asked for nowhere else.
/// </summary>
public sealed class MediaNetworks(WhatsAppNetworks networks, OutboundGuard guard) : IDisposable
{
    private readonly ConcurrentDictionary<(string Network, string? ProxyUrl), Lazy<MediaNetwork>> _open = new();

    /// <summary>The media side of an instance's network, through its proxy.</summary>
    /// <exception cref="InvalidOperationException">It is not configured.</exception>
    public MediaNetwork Find(CreateInstance request) => _open.GetOrAdd((request.Network, request.ProxyUrl), way => new Lazy<MediaNetwork>(() =>
        Make(networks.Find(way.Network) ?? throw new InvalidOperationException($"network '{way.Network}' is not configured"), way.ProxyUrl))).Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var network in _open.Values)
            if (network.IsValueCreated)
                network.Value.Http.Dispose();
    }

    private MediaNetwork Make(DeviceOptions options, string? proxyUrl)
    {
        var isReal = options.NoiseRootKey is null;
        var handler = guard.CreateHandler(isReal ? [] : [options.SocketUrl.Host]);
        if (ProxyAddress.Dial(proxyUrl, guard) is { } dial)
            handler.ConnectCallback = (context, cancellationToken) => dial(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken);
        MediaTrust.Apply(handler.SslOptions, options);
        return new MediaNetwork(new HttpMessageInvoker(handler), isReal ? new MediaTransferOptions() : new MediaTransferOptions { PublicHosts = [] });
    }
}
