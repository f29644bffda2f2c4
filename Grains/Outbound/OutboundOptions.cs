using Microsoft.Extensions.Configuration;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Grains.Outbound;

/// <summary>Which addresses requests steered by users may reach. Section <c>Outbound</c>.</summary>
public sealed class OutboundOptions
{
    /// <summary>True: loopback and private networks too. Off by default.</summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>Host names or addresses that are allowed wherever they resolve to, e.g. a webhook receiver inside the cluster.</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Reads and checks. <c>Outbound:AllowedHosts</c> is a list (<c>Outbound:AllowedHosts:0</c>, …) or one text with commas.</summary>
    /// <exception cref="BadConfigurationException">A value is not usable; the message names it.</exception>
    public static OutboundOptions From(IConfiguration configuration)
    {
        var section = configuration.GetSection("Outbound");
        var options = new OutboundOptions();
        if (section["AllowPrivateNetworks"] is { Length: > 0 } text)
            options.AllowPrivateNetworks = bool.TryParse(text, out var allowed) ? allowed
                : throw new BadConfigurationException("Outbound:AllowPrivateNetworks must be true or false");
        var hosts = section.GetSection("AllowedHosts");
        foreach (var host in hosts.GetChildren().Select(child => child.Value).Append(hosts.Value)
            .SelectMany(value => value?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? []))
            options.AllowedHosts.Add(host);
        return options;
    }
}
