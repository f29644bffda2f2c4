using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Security;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Instances;

public sealed partial class InstanceGrainTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private static readonly string Text = "5511900000002@s.whatsapp.net";

    private static async Task<InstanceProblemException> RefusedAsync(string code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<InstanceProblemException>(call);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }

    private async Task EventuallyStatusAsync(string id, string status) =>
        await Eventually.TrueAsync(async () => (await silo.Instance(id).GetStatusAsync()).Status == status, $"{id} is {status}");

    [Fact]
    public async Task Create_is_safe_to_repeat_and_refuses_another_configuration()
    {
        var id = TestSilo.NewId();
        var request = new CreateInstance
        {
            Webhooks = [new WebhookEndpoint { Url = "https://example.com/a", Secret = "0123456789abcdef", Headers = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" } }],
            Metadata = new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" },
        };
        var first = await silo.Instance(id).CreateAsync(request);
        Assert.True(first.Created);
        Assert.Null(first.Instance.Webhooks[0].Secret);
        Assert.True(first.Instance.Webhooks[0].HasSecret);
        var key = await silo.Get<IGatewayStore>().FindKeyAsync(ApiKeys.Hash(first.Token!), default);
        Assert.Equal(id, key!.InstanceId);
        Assert.DoesNotContain("admin", key.Scopes);

        var again = await silo.Instance(id).CreateAsync(request with
        {
            Metadata = new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" },
            Webhooks = [request.Webhooks[0] with { Headers = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } }],
        });
        Assert.False(again.Created);
        Assert.Null(again.Token);
        Assert.Equal(1, silo.Devices.Count(id));
        await RefusedAsync("instance-already-exists", () => silo.Instance(id).CreateAsync(request with { Metadata = new Dictionary<string, string> { ["x"] = "other" } }));
    }

    [Fact]
    public async Task A_network_nobody_configured_is_refused_at_creation()
    {
        var id = TestSilo.NewId();
        var refusal = await RefusedAsync("validation-failed", () => silo.Instance(id).CreateAsync(new CreateInstance { Network = "moon" }));
        Assert.Equal("/network", refusal.Facts["pointer"]);
        await RefusedAsync("instance-not-found", () => silo.Instance(id).GetStatusAsync());
    }

    [Fact]
    public async Task An_unknown_instance_is_not_found_by_anything_and_keeps_no_activation()
    {
        var id = TestSilo.NewId("unknown");
        var instance = silo.Instance(id);
        await RefusedAsync("instance-not-found", () => instance.GetStatusAsync());
        await RefusedAsync("instance-not-found", () => instance.GetQrAsync(TimeSpan.Zero));
        await RefusedAsync("instance-not-found", () => instance.SendAsync(new SendRequest(Text, new TextContent("x"))));
        await RefusedAsync("instance-not-found", () => instance.RestartAsync());
        await RefusedAsync("instance-not-found", () => instance.EnsureRunningAsync());
        await RefusedAsync("instance-not-found", () => instance.DeleteAsync(true, true));
        await Eventually.TrueAsync(async () =>
            (await silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).All(grain => !grain.GrainId.ToString().Contains(id, StringComparison.Ordinal)),
            "the activation is gone");
    }

    [Fact]
    public async Task Status_says_connecting_from_the_first_moment_and_follows_the_device()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        Assert.Equal("connecting", (await silo.Instance(id).GetStatusAsync()).Status);
        await device.ShowQrAsync("qr-1");
        Assert.Equal("qr", (await silo.Instance(id).GetStatusAsync()).Status);
        await device.OpenAsync();

        var status = await silo.Instance(id).GetStatusAsync();
        Assert.Equal("open", status.Status);
        Assert.True(status.Connected);
        Assert.Equal("5511900000001", status.PhoneNumber);
        Assert.Equal("5511900000001@s.whatsapp.net", status.Jid);
        Assert.Equal("900000000000001@lid", status.Lid);
        Assert.Equal("Ana", status.PushName);

        device.Change(shown => shown with { VerifiedAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(91) });
        Assert.False((await silo.Instance(id).GetStatusAsync()).Connected);
        await device.CloseAsync("connection_replaced");
        status = await silo.Instance(id).GetStatusAsync();
        Assert.Equal("closed", status.Status);
        Assert.Equal("connection_replaced", status.LastDisconnect!.Reason);
        Assert.False(status.LastDisconnect.WillReconnect);
    }

    [Fact]
    public async Task An_instance_created_without_connecting_starts_with_its_first_qr_request()
    {
        var id = TestSilo.NewId();
        await silo.Instance(id).CreateAsync(new CreateInstance { Connect = false });
        Assert.Equal("created", (await silo.Instance(id).GetStatusAsync()).Status);
        await silo.Instance(id).EnsureRunningAsync();
        Assert.Equal(0, silo.Devices.Count(id));

        Assert.Equal("connecting", (await silo.Instance(id).GetQrAsync(TimeSpan.Zero)).Status);
        var device = await silo.Devices.DeviceAsync(id);
        await device.ShowQrAsync("qr-1", attempt: 2);
        var report = await silo.Instance(id).GetQrAsync(TimeSpan.Zero);
        Assert.Equal(("qr", "qr-1", 2, 6), (report.Status, report.Qr, report.Attempt, report.MaxAttempts));
        Assert.Contains((await silo.Get<IInstanceRegistry>().ListDesiredAsync(default)), instance => instance.InstanceId == id);
    }

    [Fact]
    public async Task A_qr_request_waits_for_the_first_code_and_gives_up_in_time()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        var empty = await silo.Instance(id).GetQrAsync(TimeSpan.FromMilliseconds(100));
        Assert.Equal(("connecting", null), (empty.Status, empty.Qr));
        var waiting = silo.Instance(id).GetQrAsync(TimeSpan.FromSeconds(20));
        await device.ShowQrAsync("qr-1");
        Assert.Equal("qr-1", (await waiting).Qr);
    }

    [Fact]
    public async Task Many_qr_requests_after_a_timeout_start_one_new_round()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.CloseAsync("qr_timeout");
        device.OnRestart = async () =>
        {
            // The board changes some time after the restart was asked for, as in the real device.
            await Task.Delay(50);
            device.Change(shown => shown with { Status = DeviceStatus.Connecting });
        };
        var waiting = Enumerable.Range(0, 5).Select(_ => silo.Instance(id).GetQrAsync(TimeSpan.FromSeconds(20))).ToList();
        await Eventually.TrueAsync(() => device.Restarts > 0, "a restart");
        await device.ShowQrAsync("qr-2");
        Assert.All(await Task.WhenAll(waiting), report => Assert.Equal("qr-2", report.Qr));
        Assert.Equal(1, device.Restarts);
        Assert.Equal(1, silo.Devices.Count(id));
    }

    [Fact]
    public async Task Requests_at_once_never_start_two_devices()
    {
        var id = TestSilo.NewId();
        await silo.Instance(id).CreateAsync(new CreateInstance { Connect = false });
        var calls = Enumerable.Range(0, 10).Select(i => i % 2 == 0
            ? silo.Instance(id).GetQrAsync(TimeSpan.FromMilliseconds(200))
            : (Task)silo.Instance(id).EnsureRunningAsync());
        await Task.WhenAll(calls);
        Assert.Equal(1, silo.Devices.Count(id));
    }

    [Fact]
    public async Task Qr_of_a_linked_instance_is_refused_even_when_it_is_closed()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();
        await RefusedAsync("already-connected", () => silo.Instance(id).GetQrAsync(TimeSpan.Zero));
        await device.CloseAsync("connection_replaced");
        await RefusedAsync("already-connected", () => silo.Instance(id).GetQrAsync(TimeSpan.Zero));
        await device.CloseAsync("logged_out", DeviceStatus.LoggedOut, keep: false);
        Assert.Equal("connecting", (await silo.Instance(id).GetQrAsync(TimeSpan.Zero)).Status);
        Assert.Equal(1, device.Restarts);
    }

    [Fact]
    public async Task Status_and_other_sends_do_not_wait_for_a_slow_send()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();
        var ack = new TaskCompletionSource<SentMessage>();
        device.OnSend = (message, _) => message.Content is OutgoingText { Text: "slow" } ? ack.Task : Task.FromResult(new SentMessage("FAST", message.To!.Value, 1, MessageStatus.ServerAck));
        var slow = silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("slow")) { ClientRef = "order-1" });
        Assert.Equal("FAST", (await silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("fast")))).MessageId);
        Assert.Equal("open", (await silo.Instance(id).GetStatusAsync()).Status);
        Assert.False(slow.IsCompleted);
        ack.SetResult(new SentMessage("SLOW", ScriptedDevice.Phone.ToAccount(), 5, MessageStatus.ServerAck));
        Assert.Equal(("SLOW", "server_ack", "order-1"), ((await slow).MessageId, (await slow).Status, (await slow).ClientRef));
    }

    [Fact]
    public async Task A_send_is_queued_refused_or_reported_as_the_device_says()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        var refusal = await RefusedAsync("instance-not-connected", () => silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("x"))));
        Assert.Equal("connecting", refusal.Facts["state"]);

        await device.OpenAsync();
        device.Change(shown => shown with { Status = DeviceStatus.Reconnecting });
        Assert.Equal("queued", (await silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("x")))).Status);
        device.OnSend = (_, _) => Task.FromException<SentMessage>(new SendFailedException("instance-not-connected", "no", messageId: "ABC"));
        refusal = await RefusedAsync("instance-not-connected", () => silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("x")) { Queue = false }));
        Assert.Equal("reconnecting", refusal.Facts["state"]);

        device.Change(shown => shown with { Status = DeviceStatus.Open });
        // The connection goes between the look and the send: queued under the id the send had.
        var lost = await silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("x")));
        Assert.Equal(("queued", "ABC"), (lost.Status, lost.MessageId));
        Assert.Equal("queued", (await silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("x")) { Async = true })).Status);
        device.OnSend = (_, _) => Task.FromException<SentMessage>(new SendFailedException("whatsapp-error", "refused", 463, "ID1"));
        refusal = await RefusedAsync("whatsapp-error", () => silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("x"))));
        Assert.Equal(("463", "ID1"), (refusal.Facts["nack"], refusal.Facts["messageId"]));
    }

    [Fact]
    public async Task A_device_that_breaks_is_replaced_by_a_new_one()
    {
        var id = TestSilo.NewId();
        var first = await silo.CreateAsync(id);
        await first.OpenAsync();
        first.Break(new InvalidOperationException("a bug"));
        var second = await silo.Devices.DeviceAsync(id, 2);
        Assert.True(first.IsDisposed);
        await EventuallyStatusAsync(id, "reconnecting");
        await second.OpenAsync();
        await EventuallyStatusAsync(id, "open");
    }

    [Fact]
    public async Task An_instance_whose_device_cannot_be_made_answers_and_can_be_deleted()
    {
        var id = TestSilo.NewId();
        silo.Devices.Failing[id] = new InvalidOperationException("the network is not configured any more");
        await silo.Instance(id).CreateAsync(new CreateInstance());
        Assert.Equal("connecting", (await silo.Instance(id).GetStatusAsync()).Status);
        await RefusedAsync("instance-not-connected", () => silo.Instance(id).SendAsync(new SendRequest(Text, new TextContent("x"))));
        await silo.Instance(id).RestartAsync();
        await silo.Instance(id).DeleteAsync(true, true);
        await RefusedAsync("instance-not-found", () => silo.Instance(id).GetStatusAsync());
    }

    [Fact]
    public async Task A_fenced_device_is_stopped_without_logout_and_the_silo_keeps_away_for_a_while()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();
        var other = await silo.Get<ISessionStore>().ClaimAsync(id, "another:1@1", default);

        await Assert.ThrowsAsync<FencedException>(() => device.ReceiveAsync("late"));
        await Eventually.TrueAsync(() => device.IsDisposed, "the socket is closed");
        Assert.Equal(0, device.Logouts);
        await RefusedAsync("instance-busy", () => silo.Instance(id).GetStatusAsync());
        await RefusedAsync("instance-busy", () => silo.Instance(id).CreateAsync(new CreateInstance()));
        // The sweeper sees an owner that is no silo and asks all the same: it is told "busy", and the other owner's epoch holds.
        await Task.Delay(500);
        await silo.Get<ISessionStore>().CommitAsync(id, other.Epoch, new SessionBatch(new DeviceBatch(), [], other.LastSequence), default);
        Assert.Equal(1, silo.Devices.Count(id));

        await silo.Devices.DeviceAsync(id, 2);
        await EventuallyStatusAsync(id, "reconnecting");
    }

    [Fact]
    public async Task A_restart_that_finds_a_newer_owner_lets_go()
    {
        var id = TestSilo.NewId();
        await silo.Instance(id).CreateAsync(new CreateInstance { Connect = false });
        await silo.Get<ISessionStore>().ClaimAsync(id, "another:1@1", default);
        await RefusedAsync("instance-busy", () => silo.Instance(id).RestartAsync());
        Assert.Equal(0, silo.Devices.Count(id));
    }
}
