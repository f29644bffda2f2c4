using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Grains.Tests.Instances;

/// <summary>What a silo finds again after its process ended.</summary>
public sealed class SiloRestartTests : IAsyncLifetime
{
    private readonly TestSilo _silo = new();

    public ValueTask InitializeAsync() => _silo.InitializeAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Desired_instances_start_by_themselves_and_event_numbers_go_on()
    {
        await using var receiver = await Receiver.StartAsync();
        var device = await _silo.CreateAsync("a", new WebhookEndpoint { Url = receiver.Url, Events = ["*"] });
        await _silo.Instance("b").CreateAsync(new CreateInstance { Connect = false });
        await device.OpenAsync();
        await device.ReceiveAsync("one");
        await receiver.WaitAsync(2);

        await _silo.RestartAsync();
        Assert.True(device.IsDisposed);
        Assert.Equal(0, device.Logouts);

        var next = await _silo.Devices.DeviceAsync("a", 2);
        await Eventually.TrueAsync(async () => (await _silo.Instance("a").GetStatusAsync()).Status == "reconnecting", "a reconnects");
        var status = await _silo.Instance("a").GetStatusAsync();
        Assert.Equal("5511900000001", status.PhoneNumber); // known before the new device says anything
        await next.OpenAsync();
        await next.ReceiveAsync("two");
        var all = await receiver.WaitAsync(4);
        Assert.Equal([1, 2, 3, 4], all.Select(received => received.Sequence));
        Assert.Equal(0, _silo.Devices.Count("b"));
        Assert.Equal("created", (await _silo.Instance("b").GetStatusAsync()).Status);
    }

    [Fact]
    public async Task A_silo_that_stops_lets_go_of_its_instances()
    {
        var device = await _silo.CreateAsync("a");
        await device.OpenAsync();
        Assert.NotNull((await _silo.Get<IInstanceRegistry>().FindSummaryAsync("a", default))!.Node);
        await _silo.RestartAsync();
        await _silo.Devices.DeviceAsync("a", 2);
        Assert.Contains(await _silo.Get<IInstanceRegistry>().ListDesiredAsync(default), instance => instance is { InstanceId: "a", Owner: not null });
    }

    [Fact]
    public async Task A_backlog_is_delivered_by_the_next_process_in_order()
    {
        var port = Receiver.FreePort();
        var device = await _silo.CreateAsync("a", new WebhookEndpoint { Url = $"http://127.0.0.1:{port}/", Events = ["message.*"], Retries = new() { Policy = "constant", InitialDelaySeconds = 1 } });
        for (var i = 0; i < 5; i++)
            await device.ReceiveAsync($"text {i}");
        await _silo.StopAsync();

        await using var receiver = await Receiver.StartAsync(port);
        await _silo.StartAsync();
        var all = await receiver.WaitAsync(5);
        Assert.Equal([1, 2, 3, 4, 5], all.Select(received => received.Sequence));
    }

    [Fact]
    public async Task A_post_that_hangs_at_the_stop_is_made_again_at_the_next_start_without_waiting_for_its_claim()
    {
        await using var receiver = await Receiver.StartAsync();
        var hang = new TaskCompletionSource();
        receiver.Answer = (_, _) => hang.Task;
        var device = await _silo.CreateAsync("a", new WebhookEndpoint { Url = receiver.Url });
        await device.CommitAsync(device.Arrived("one"), device.Arrived("two"));
        await receiver.WaitAsync(1);
        await _silo.StopAsync();
        receiver.Answer = static (_, _) => Task.CompletedTask;

        var started = TimeProvider.System.GetTimestamp();
        await _silo.StartAsync();
        var all = await receiver.WaitAsync(3);
        Assert.Equal([1, 1, 2], all.Select(received => received.Sequence));
        Assert.Equal(all[0].Id, all[1].Id);
        Assert.Equal(1, all[1].Attempt); // cut off by us: not the receiver's failure
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
        hang.SetResult();
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_folder_does_not_start()
    {
        var refusal = await Assert.ThrowsAsync<Abstractions.BadConfigurationException>(_silo.StartSecondAsync);
        Assert.Contains("DATA_DIR", refusal.Message, StringComparison.Ordinal);
    }
}
