using WhatsApp.Sandbox;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class CrowdTests
{
    private const int Size = 60;

    [Fact]
    public async Task Many_devices_link_log_in_and_write_at_the_same_time()
    {
        await using var network = await SandboxNetwork.StartAsync();
        var phones = Enumerable.Range(0, Size).Select(i => network.AddPhone($"55119000{i:00000}")).ToArray();
        var devices = await Task.WhenAll(phones.Select(phone => network.LinkAsync(phone)));

        var acks = await Task.WhenAll(devices.Select((device, i) => device.SendTextAsync(phones[(i + 1) % Size].Jid, $"from {i}")));
        Assert.All(acks, ack => Assert.Null(ack["error"]));
        var texts = await Task.WhenAll(devices.Select(device => device.ReceiveTextAsync()));
        Assert.Equal(Enumerable.Range(0, Size).Select(i => $"from {(i + Size - 1) % Size}"), texts.Select(text => text.Content.Conversation));

        var stats = network.Stats;
        Assert.Equal((Size, Size, 1, 0L, 0L, 0L), (stats.Accounts, stats.Devices, stats.MaxSocketsPerDevice, stats.RetryReceipts, stats.Violations, stats.DuplicateDeliveries));
        Assert.Equal(Size, stats.Connections);
        foreach (var device in devices)
            await device.DisposeAsync();
    }
}
