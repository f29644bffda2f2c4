using System.Net;
using WhatsApp.Silo.Cluster;

namespace WhatsApp.Deploy.Tests;

/// <summary>Which of a machine's addresses the other silos are told.</summary>
public sealed class OwnAddressTests
{
    private static readonly (IPAddress, int)[] Container =
        [(IPAddress.Parse("127.0.0.1"), 8), (IPAddress.Parse("10.213.0.2"), 32), (IPAddress.Parse("10.213.0.9"), 22), (IPAddress.Parse("10.0.0.7"), 24), (IPAddress.Parse("172.18.0.4"), 16)];

    [Theory]
    [InlineData("10.213.0.0/22", "10.213.0.9")]
    [InlineData("172.16.0.0/12", "172.18.0.4")]
    [InlineData("10.0.0.0/24", "10.0.0.7")]
    public void The_one_in_the_network_and_not_that_of_the_whole_service(string network, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), OwnAddress.Choose(IPNetwork.Parse(network), Container));

    [Fact]
    public void A_network_of_others_has_none() => Assert.Null(OwnAddress.Choose(IPNetwork.Parse("192.168.0.0/16"), Container));

    [Fact]
    public void This_machine_finds_its_own() => Assert.Equal(IPAddress.Loopback, OwnAddress.In(IPNetwork.Parse("127.0.0.1/32")));
}
