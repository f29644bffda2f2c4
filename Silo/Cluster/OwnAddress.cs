using System.Net;
using System.Net.NetworkInformation;

namespace WhatsApp.Silo.Cluster;

/// <summary>Which of this machine's addresses the other silos are told, where it has several: a container in several networks.</summary>
internal static class OwnAddress
{
    private const int SingleHost = 32;
    private const int SingleHostV6 = 128;

    /// <summary>This machine's address in a network, or null.</summary>
    public static IPAddress? In(IPNetwork network) => Choose(network, NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus == OperationalStatus.Up)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(own => (own.Address, own.PrefixLength)));

    /// <summary>
    /// The lowest in the network. An orchestrator's virtual address of a whole service is on each of its machines too, as a network of one:
    /// it is taken only when there is no other.
    /// </summary>
    public static IPAddress? Choose(IPNetwork network, IEnumerable<(IPAddress Address, int PrefixLength)> own) => own
        .Where(one => one.Address.AddressFamily == network.BaseAddress.AddressFamily && network.Contains(one.Address))
        .OrderBy(one => one.PrefixLength is SingleHost or SingleHostV6)
        .ThenBy(one => Convert.ToHexString(one.Address.GetAddressBytes()), StringComparer.Ordinal)
        .Select(one => one.Address).FirstOrDefault();
}
