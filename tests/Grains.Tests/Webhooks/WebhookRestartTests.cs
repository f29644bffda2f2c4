using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions;
using Microsoft.Data.Sqlite;
using Microsoft.AspNetCore.Http;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Grains.Tests.Webhooks;

/// <summary>What a webhook grain remembers from one process to the next.</summary>
public sealed class WebhookRestartTests : IAsyncLifetime
{
    private readonly TestSilo _silo = new();

    public ValueTask InitializeAsync() => _silo.InitializeAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task A_gone_endpoint_stays_disabled()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerStatus(410);
        var device = await _silo.CreateAsync("a", new WebhookEndpoint { Url = receiver.Url });
        await device.ReceiveAsync("one");
        var outbox = _silo.Get<IOutboxStore>();
        await Eventually.TrueAsync(async () => (await outbox.NextDueAsync("a", default)).Count == 0, "buried");
        await _silo.RestartAsync();
        receiver.AnswerStatus(200);
        device = await _silo.Devices.DeviceAsync("a", 2);
        await device.ReceiveAsync("two");
        outbox = _silo.Get<IOutboxStore>();
        await Eventually.TrueAsync(async () => (await outbox.NextDueAsync("a", default)).Count == 0, "buried");
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task Rows_claimed_by_a_process_that_was_killed_do_not_wait_for_the_end_of_their_claim()
    {
        var port = Receiver.FreePort();
        await _silo.Instance("a").CreateAsync(new() { Connect = false, Webhooks = [new WebhookEndpoint { Url = $"http://127.0.0.1:{port}/" }] });
        var sessions = _silo.Get<ISessionStore>();
        var owner = await sessions.ClaimAsync("a", "killed:1@1", default);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = Enumerable.Range(1, 3).Select(n => new OutboxRow("w1", n, $"evt_{n}", "message.received", "{}"u8.ToArray(), now)).ToList();
        await sessions.CommitAsync("a", owner.Epoch, new SessionBatch(new(), rows, 3), default);
        Assert.Equal(2, (await _silo.Get<IOutboxStore>().ClaimAsync("a", "w1", 2, TimeSpan.FromHours(1), default)).Count);

        await using var receiver = await Receiver.StartAsync(port);
        await _silo.RestartAsync();
        await _silo.Grains.GetGrain<IWebhookGrain>("a").PokeAsync();
        Assert.Equal(["evt_1", "evt_2", "evt_3"], (await receiver.WaitAsync(3)).Select(received => received.Id));
    }

    [Fact]
    public async Task The_sweeper_finds_a_backlog_of_an_instance_that_does_not_run()
    {
        var port = Receiver.FreePort();
        await _silo.Instance("a").CreateAsync(new() { Connect = false, Webhooks = [new WebhookEndpoint { Url = $"http://127.0.0.1:{port}/" }] });
        var sessions = _silo.Get<ISessionStore>();
        var owner = await sessions.ClaimAsync("a", "gone:1@1", default);
        var old = TimeProvider.System.GetUtcNow().AddMinutes(-5).ToUnixTimeMilliseconds();
        await sessions.CommitAsync("a", owner.Epoch, new SessionBatch(new(), [new OutboxRow("w1", 1, "evt_1", "message.received", "{}"u8.ToArray(), old) { DueAt = old }], 1), default);
        await using var receiver = await Receiver.StartAsync(port);
        Assert.Equal("evt_1", (await receiver.WaitAsync(1))[0].Id);
    }
}
