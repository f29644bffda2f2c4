using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions;
using Microsoft.Data.Sqlite;
using Microsoft.AspNetCore.Http;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Grains.Tests.Webhooks;

public sealed class WebhookDeliveryTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private static readonly WebhookRetryPolicy Quick = new() { Policy = "constant", InitialDelaySeconds = 1 };

    private IReminderTable Reminders => silo.Get<IReminderTable>();
    private IOutboxStore Outbox => silo.Get<IOutboxStore>();

    private static WebhookEndpoint To(string url) => new() { Url = url, Events = ["message.*"], Retries = Quick };

    private async Task EventuallyEmptyAsync(string id) =>
        await Eventually.TrueAsync(async () => (await Outbox.NextDueAsync(id, default)).Count == 0, "the outbox is empty");

    private async Task<int> RemindersOfAsync(string id) =>
        (await Reminders.ReadRows(silo.Grains.GetGrain<IWebhookGrain>(id).GetGrainId())).Reminders.Count;

    private static void AssertOrdered(IReadOnlyList<Received> all, int count)
    {
        Assert.Equal(Enumerable.Range(1, count).Select(n => (long)n), all.Select(received => received.Sequence));
        Assert.Equal(count, all.Select(received => received.Id).Distinct().Count());
    }

    [Fact]
    public async Task Events_arrive_once_and_in_order_however_they_were_committed()
    {
        await using var receiver = await Receiver.StartAsync();
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        for (var i = 0; i < 20; i++)
            await device.CommitAsync(device.Arrived($"{i}a"), device.Arrived($"{i}b"), device.Arrived($"{i}c"));
        await receiver.WaitAsync(60);
        await EventuallyEmptyAsync(id);
        AssertOrdered(receiver.All, 60);
        Assert.Equal("0a", receiver.All[0].Json.GetProperty("data").GetProperty("text").GetString());
        Assert.Equal(id, receiver.All[0].Headers["X-Instance-Id"]);
        Assert.Equal("application/json; charset=utf-8", receiver.All[0].Headers["Content-Type"]);
    }

    [Fact]
    public async Task A_receiver_that_was_down_gets_everything_in_order_and_nothing_twice()
    {
        var port = Receiver.FreePort();
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To($"http://127.0.0.1:{port}/"));
        for (var i = 0; i < 10; i++)
            await device.ReceiveAsync($"{i}");
        await Eventually.TrueAsync(async () => (await Outbox.NextDueAsync(id, default))["w1"] > TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), "a first try failed");

        await using var receiver = await Receiver.StartAsync(port);
        await receiver.WaitAsync(10);
        await EventuallyEmptyAsync(id);
        AssertOrdered(receiver.All, 10);
        Assert.True(receiver.All[0].Attempt > 1);
        Assert.All(receiver.All.Skip(1), received => Assert.Equal(1, received.Attempt));
    }

    [Fact]
    public async Task An_error_is_tried_again_with_the_same_bytes_and_id_before_anything_later()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (received, context) =>
        {
            context.Response.StatusCode = received.Sequence == 1 && received.Attempt < 3 ? 500 : 204;
            return Task.CompletedTask;
        };
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        await device.ReceiveAsync("first");
        await device.ReceiveAsync("second");
        var all = await receiver.WaitAsync(4);
        Assert.Equal([(1, 1), (1, 2), (1, 3), (2, 1)], all.Select(received => (received.Sequence, received.Attempt)));
        Assert.All(all.Take(3), received =>
        {
            Assert.Equal(all[0].Id, received.Id);
            Assert.Equal(all[0].Body, received.Body);
        });
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_given_up_on_and_tried_again()
    {
        await using var receiver = await Receiver.StartAsync();
        var hang = new TaskCompletionSource();
        receiver.Answer = (received, _) => received.Attempt == 1 ? hang.Task : Task.CompletedTask;
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        await device.ReceiveAsync("one");
        var all = await receiver.WaitAsync(2);
        hang.SetResult();
        Assert.Equal([1, 2], all.Select(received => received.Attempt));
        await EventuallyEmptyAsync(id);
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_is_not_followed()
    {
        await using var target = await Receiver.StartAsync();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (received, context) =>
        {
            if (received.Attempt == 1)
                context.Response.Redirect(target.Url);
            return Task.CompletedTask;
        };
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        await device.ReceiveAsync("one");
        await receiver.WaitAsync(2);
        await EventuallyEmptyAsync(id);
        Assert.Empty(target.All);
    }

    [Fact]
    public async Task Endpoints_get_what_they_asked_for_and_do_not_wait_for_each_other()
    {
        await using var receiver = await Receiver.StartAsync();
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id,
            new WebhookEndpoint { Id = "w1", Url = $"http://127.0.0.1:{Receiver.FreePort()}/", Events = ["*"], Retries = Quick },
            new WebhookEndpoint { Id = "w2", Url = receiver.Url + "/all" },
            new WebhookEndpoint { Id = "w3", Url = receiver.Url + "/texts", Events = ["message.received"] },
            new WebhookEndpoint { Id = "w4", Url = receiver.Url + "/off", Enabled = false });
        await device.ShowQrAsync("2@abc");
        await device.OpenAsync();
        await device.ReceiveAsync("hi");
        await device.CloseAsync("connection_replaced");
        var all = await receiver.WaitAsync(5);
        Assert.Equal(["qr.update", "connection.open", "message.received", "connection.close"], Events("/events/all"));
        Assert.Equal(["message.received"], Events("/events/texts"));
        Assert.Empty(Events("/events/off"));
        Assert.Single(all.Where(received => received.Event == "message.received").Select(received => (received.Id, received.Sequence)).Distinct());

        IEnumerable<string> Events(string path) => all.Where(received => received.Path == path).Select(received => received.Event);
    }

    [Fact]
    public async Task An_endpoint_that_says_gone_gets_nothing_more_and_its_events_are_kept_as_dead()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerStatus(410);
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        await device.ReceiveAsync("one");
        await EventuallyEmptyAsync(id);
        receiver.AnswerStatus(200);
        await device.CommitAsync(device.Arrived("two"), device.Arrived("three"));
        await EventuallyEmptyAsync(id);
        Assert.Single(receiver.All);
        Assert.Equal(3, DeadLetters(id));
    }

    [Fact]
    public async Task An_event_that_was_given_up_is_sent_again_on_demand_also_to_an_endpoint_that_had_said_gone()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerStatus(410);
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        await device.ReceiveAsync("one");
        await EventuallyEmptyAsync(id);
        var catalog = silo.Grains.GetGrain<IInstanceCatalogGrain>(0);
        await Eventually.TrueAsync(async () => (await catalog.FindAsync(id))!.Webhooks.Single() is { Enabled: true, Gone: true, IsOn: false }, "shown as disabled");
        var webhooks = silo.Grains.GetGrain<IWebhookGrain>(id);
        var dead = Assert.Single(await webhooks.ListDeadAsync(null, 10));

        receiver.AnswerStatus(200);
        Assert.Equal(1, await webhooks.ReplayAsync(dead.EventId));

        Assert.Equal([dead.EventId, dead.EventId], (await receiver.WaitAsync(2)).Select(received => received.Id));
        await Eventually.TrueAsync(async () => (await catalog.FindAsync(id))!.Webhooks.Single().IsOn, "shown as enabled");
        await device.ReceiveAsync("two");
        await receiver.WaitAsync(3);
        Assert.Equal(0, await webhooks.ReplayAsync(dead.EventId));
        Assert.Empty(await webhooks.ListDeadAsync(null, 10));
        Assert.Equal("instance-not-found", (await Assert.ThrowsAsync<InstanceProblemException>(() => silo.Grains.GetGrain<IWebhookGrain>("nobody").ListDeadAsync(null, 10))).Code);
    }

    [Fact]
    public async Task Attempts_run_out_when_the_policy_says_so()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (received, context) =>
        {
            context.Response.StatusCode = received.Sequence == 1 ? 404 : 200;
            return Task.CompletedTask;
        };
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url) with { Retries = Quick with { MaxAttempts = 2 } });
        await device.CommitAsync(device.Arrived("poison"), device.Arrived("next"));
        var all = await receiver.WaitAsync(3);
        Assert.Equal([(1, 1), (1, 2), (2, 1)], all.Select(received => (received.Sequence, received.Attempt)));
        Assert.Equal(1, DeadLetters(id));
    }

    [Fact]
    public async Task A_long_wait_asked_for_by_the_receiver_sets_a_reminder_that_goes_with_the_backlog()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (received, context) =>
        {
            context.Response.StatusCode = received.Attempt == 1 ? StatusCodes.Status503ServiceUnavailable : 200;
            context.Response.Headers.RetryAfter = "600";
            return Task.CompletedTask;
        };
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        await device.ReceiveAsync("one");
        await Eventually.TrueAsync(async () => await RemindersOfAsync(id) == 1, "a reminder");
        var wait = (await Outbox.NextDueAsync(id, default))["w1"] - TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.InRange(wait, 570_000, 600_000);

        // The time has come.
        await Outbox.RescheduleAsync(id, "w1", 1, 1, 0, [], default);
        await silo.Grains.GetGrain<IWebhookGrain>(id).PokeAsync();
        await receiver.WaitAsync(2);
        await Eventually.TrueAsync(async () => await RemindersOfAsync(id) == 0, "no reminder");
        Assert.Empty(await Outbox.NextDueAsync(id, default));
    }

    [Fact]
    public async Task Deleting_an_instance_takes_its_reminder_and_its_backlog_away()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "600";
            return Task.CompletedTask;
        };
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url));
        await device.ReceiveAsync("one");
        await Eventually.TrueAsync(async () => await RemindersOfAsync(id) == 1, "a reminder");
        await silo.Instance(id).DeleteAsync(true, true);
        Assert.Equal(0, await RemindersOfAsync(id));
        Assert.Empty(await Outbox.NextDueAsync(id, default));
    }

    [Fact]
    public async Task Rows_of_an_endpoint_that_is_no_more_wake_nobody()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerStatus(500);
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id, To(receiver.Url) with { Id = "w2" });
        await device.ReceiveAsync("old");
        await receiver.WaitAsync(1);
        // Without purge the event outlives the instance; the next one of that id has no such endpoint.
        await silo.Instance(id).DeleteAsync(true, purge: false);
        await Outbox.RescheduleAsync(id, "w2", 1, 1, TimeProvider.System.GetUtcNow().AddMinutes(10).ToUnixTimeMilliseconds(), [], default);
        receiver.AnswerStatus(200);
        await silo.CreateAsync(id, To(receiver.Url));
        var next = await silo.Devices.DeviceAsync(id, 2);
        await next.ReceiveAsync("new");
        await Eventually.TrueAsync(() => receiver.All.Any(received => received.Sequence == 2), "the new event");
        await Eventually.TrueAsync(async () => (await Outbox.NextDueAsync(id, default)).Keys.SequenceEqual(["w2"]), "only the old row is left");
        await Task.Delay(300);
        Assert.Equal(0, await RemindersOfAsync(id));
    }

    private int DeadLetters(string id)
    {
        var file = new SqliteFile(silo.Get<Silo.EmbeddedSiloOptions>().DataDirectory + "/" + SqliteStorageOptions.FileName);
        using var connection = file.CreateConnection(pooling: false);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM dead_letter WHERE instance_id = $id";
        command.Parameters.Add(new SqliteParameter("$id", id));
        return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
