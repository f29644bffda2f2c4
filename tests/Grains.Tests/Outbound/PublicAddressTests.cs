using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Outbound;

namespace WhatsApp.Grains.Tests.Outbound;

public sealed class PublicAddressTests
{
    [Theory]
    [InlineData("8.8.8.8"), InlineData("1.1.1.1"), InlineData("172.15.255.255"), InlineData("172.32.0.1"), InlineData("100.63.0.1"), InlineData("100.128.0.1")]
    [InlineData("192.0.1.1"), InlineData("223.255.255.255"), InlineData("2606:4700:4700::1111"), InlineData("2a00:1450::1"), InlineData("::ffff:8.8.8.8")]
    public void Public(string address) => Assert.True(PublicAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("0.0.0.0"), InlineData("127.0.0.1"), InlineData("127.255.255.254"), InlineData("10.1.2.3"), InlineData("172.16.0.1"), InlineData("172.31.255.255")]
    [InlineData("192.168.1.1"), InlineData("169.254.169.254"), InlineData("100.64.0.1"), InlineData("192.0.0.192"), InlineData("192.0.2.1"), InlineData("198.18.0.1")]
    [InlineData("198.51.100.1"), InlineData("203.0.113.1"), InlineData("224.0.0.1"), InlineData("255.255.255.255"), InlineData("0x7f000001"), InlineData("2130706433")]
    [InlineData("::"), InlineData("::1"), InlineData("::ffff:127.0.0.1"), InlineData("::ffff:169.254.169.254"), InlineData("::127.0.0.1"), InlineData("fe80::1")]
    [InlineData("fc00::1"), InlineData("fd00:ec2::254"), InlineData("ff02::1"), InlineData("64:ff9b::7f00:1"), InlineData("2002:7f00:1::"), InlineData("2001::1")]
    [InlineData("2001:db8::1"), InlineData("3fff::1"), InlineData("fec0::1")]
    public void Not_public(string address) => Assert.False(PublicAddress.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task A_name_is_judged_by_every_address_it_has() =>
        await Assert.ThrowsAsync<OutboundBlockedException>(() => new OutboundGuard(Options.Create(new OutboundOptions())).ResolveAsync("localhost", default));

    [Fact]
    public void Allowed_hosts_are_read_from_a_list_and_from_one_text()
    {
        Assert.Equal(["a", "b", "c"], Read(("Outbound:AllowedHosts:0", "a"), ("Outbound:AllowedHosts:1", "b, c")).AllowedHosts);
        Assert.Equal(["a", "b"], Read(("Outbound:AllowedHosts", "a,b")).AllowedHosts);
        Assert.True(Read(("Outbound:AllowPrivateNetworks", "True")).AllowPrivateNetworks);
        Assert.False(Read().AllowPrivateNetworks);
        Assert.Throws<BadConfigurationException>(() => Read(("Outbound:AllowPrivateNetworks", "yes")));
    }

    private static OutboundOptions Read(params (string Key, string Value)[] settings) => OutboundOptions.From(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build());
}
