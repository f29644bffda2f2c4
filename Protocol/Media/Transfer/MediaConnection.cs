using System.Globalization;
using System.Text.RegularExpressions;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>A media host.</summary>
/// <param name="Hostname">Name, with a port when it is not 443.</param>
/// <param name="IsFallback">To be tried after the primary ones.</param>
public sealed record MediaHost(string Hostname, bool IsFallback);

/// <summary>
/// Where files go and come from, and the right to upload (wire/05 §1).
/// <code>
/// &lt;iq type="set" xmlns="w:m" to="s.whatsapp.net"&gt;&lt;media_conn/&gt;&lt;/iq&gt;
/// &lt;media_conn auth ttl auth_ttl max_buckets&gt;&lt;host hostname type="primary|fallback"/&gt;…&lt;/media_conn&gt;
/// </code>
/// </summary>
/// <param name="Auth">Token for uploads; never log it.</param>
/// <param name="Hosts">Primary ones first; never empty.</param>
/// <param name="ExpiresAt">When the route or the token ends.</param>
public sealed partial record MediaConnection(string Auth, IReadOnlyList<MediaHost> Hosts, DateTimeOffset ExpiresAt)
{
    private const int MaxHosts = 16;
    private const int DefaultSeconds = 300;
    private const long AbsoluteTime = 1_000_000_000;

    /// <summary>Hosts that give files to anybody who knows their path.</summary>
    public static IReadOnlyList<MediaHost> PublicHosts { get; } = [new("mmg.whatsapp.net", false), new("mmg-fallback.whatsapp.net", true)];

    /// <summary>The question.</summary>
    public static Node Query() => new("iq", [("type", "set"), ("xmlns", "w:m"), ("to", Jid.PhoneServer)], [new Node("media_conn")]);

    /// <summary>Reads the answer; null when it holds no usable host or no token.</summary>
    public static MediaConnection? Read(Node iq, DateTimeOffset now)
    {
        if (iq.Child("media_conn") is not { } connection || connection["auth"] is not { Length: > 0 } auth)
            return null;
        MediaHost[] hosts =
        [
            .. connection.ChildrenOf("host")
                .Where(host => host["hostname"] is { } name && HostName().IsMatch(name))
                .Select(host => new MediaHost(host["hostname"]!, host["type"] == "fallback"))
                .OrderBy(host => host.IsFallback)
                .Take(MaxHosts),
        ];
        if (hosts.Length == 0)
            return null;
        var (route, token) = (EndOf(connection["ttl"], now), EndOf(connection["auth_ttl"], now));
        return new MediaConnection(auth, hosts, route < token ? route : token);
    }

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{Hosts.Count} media hosts until {ExpiresAt:O}";

    // Seconds from now or, from some servers, an absolute time.
    private static DateTimeOffset EndOf(string? seconds, DateTimeOffset now)
    {
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > uint.MaxValue)
            value = DefaultSeconds;
        return value >= AbsoluteTime ? DateTimeOffset.FromUnixTimeSeconds(value) : now.AddSeconds(value);
    }

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostName();
}
