namespace WhatsApp.Grains.Outbound;

/// <summary>Which addresses requests steered by users may reach. Section <c>Outbound</c>.</summary>
public sealed class OutboundOptions
{
    /// <summary>True: loopback and private networks too. Off by default.</summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>Host names or addresses that are allowed wherever they resolve to, e.g. a webhook receiver inside the cluster.</summary>
    public IList<string> AllowedHosts { get; } = [];
}
