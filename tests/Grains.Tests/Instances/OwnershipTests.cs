using Microsoft.Extensions.DependencyInjection;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Instances;

/// <summary>Who may connect and write: the owner, while his silo holds its lease.</summary>
public sealed class OwnershipTests : IAsyncLifetime
{
    private readonly TestSilo _silo = new()
    {
        Services = static services =>
        {
            services.AddHostedService<LeaseWatch>();
            services.Configure<InstanceTimings>(timings => (timings.ReplacedPause, timings.ProofLasts) = (TimeSpan.FromMilliseconds(50), TimeSpan.Zero));
        },
    };

    public ValueTask InitializeAsync() => _silo.InitializeAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private Task<Ownership> TakeAwayAsync(string id) => _silo.Get<ISessionStore>().ClaimAsync(id, "another:1@1", default).AsTask();

    private void Renew(TimeSpan ago)
    {
        var lease = _silo.Get<OwnLease>();
        lease.Renewed(lease.Now with { Wall = lease.Now.Wall - ago });
    }

    [Fact]
    public async Task A_silo_that_loses_its_lease_closes_its_sockets_without_logout_and_opens_them_when_it_has_it_again()
    {
        var (a, b) = (await _silo.CreateAsync("a"), await _silo.CreateAsync("b"));
        await a.OpenAsync();
        Renew(ago: TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => a.IsDisposed && b.IsDisposed, "the sockets are closed");
        Assert.Equal((0, 0), (a.Logouts, b.Logouts));
        Assert.Equal("instance-busy", await CodeAsync(() => _silo.Instance("a").GetStatusAsync()));
        Assert.Equal((1, 1), (_silo.Devices.Count("a"), _silo.Devices.Count("b")));

        Renew(ago: TimeSpan.Zero);
        await _silo.Devices.DeviceAsync("a", 2);
        await _silo.Devices.DeviceAsync("b", 2);
        Assert.Equal("5511900000001", (await StatusAsync("a")).PhoneNumber);
    }

    [Fact]
    public async Task Nothing_is_written_without_the_lease_even_before_anybody_has_looked_at_it()
    {
        var device = await _silo.CreateAsync("a");
        await device.OpenAsync();
        Renew(ago: TimeSpan.FromMinutes(1));
        var late = device.ReceiveAsync("late");
        await Eventually.TrueAsync(() => device.IsDisposed, "the socket is closed");
        Assert.False(late.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_owner_that_has_been_replaced_does_not_log_in()
    {
        var device = await _silo.CreateAsync("a");
        await device.DoAsync(async () => await device.BeforeConnect(default));
        await TakeAwayAsync("a");
        await Assert.ThrowsAsync<FencedException>(() => device.DoAsync(async () => await device.BeforeConnect(default)));
        await Eventually.TrueAsync(() => device.IsDisposed, "the device is stopped");
        Assert.Equal(0, device.Logouts);
    }

    [Fact]
    public async Task A_silo_that_is_leaving_keeps_what_it_has_and_takes_nothing_more()
    {
        var device = await _silo.CreateAsync("a");
        await device.OpenAsync();
        Assert.True(await _silo.Get<IInstanceRegistry>().TryCreateAsync(new InstanceDefinition("b", new CreateInstance(), Desired: true, TimeProvider.System.GetUtcNow()), default));

        _silo.Get<ClaimRights>().Leave();

        // Orleans looks for another silo, and here is none: the gateway says "busy".
        await Assert.ThrowsAsync<Orleans.Runtime.OrleansMessageRejectionException>(() => _silo.Instance("b").GetStatusAsync());
        Assert.Null((await _silo.Get<IInstanceRegistry>().FindSummaryAsync("b", default))!.Node);
        await device.ReceiveAsync("still here");
        Assert.False(device.IsDisposed);
    }

    [Fact]
    public async Task Replaced_by_the_next_owner_tells_nobody_of_an_end()
    {
        await using var receiver = await Receiver.StartAsync();
        var device = await _silo.CreateAsync("a", new WebhookEndpoint { Url = receiver.Url, Events = ["connection.*"] });
        await device.OpenAsync();
        await receiver.WaitAsync(1);
        await TakeAwayAsync("a");

        await Assert.ThrowsAsync<FencedException>(() => device.CloseAsync("connection_replaced"));
        await Eventually.TrueAsync(() => device.IsDisposed, "the device is stopped");
        Assert.Equal(0, device.Logouts);
        // The next owner (here the same silo, after its pause) goes on with the next number: nothing came between.
        var next = await _silo.Devices.DeviceAsync("a", 2);
        await next.OpenAsync();
        Assert.Equal(["connection.open", "connection.open"], (await receiver.WaitAsync(2)).Select(received => received.Event));
    }

    [Fact]
    public async Task Replaced_by_another_client_stops_and_is_told()
    {
        await using var receiver = await Receiver.StartAsync();
        var device = await _silo.CreateAsync("a", new WebhookEndpoint { Url = receiver.Url, Events = ["connection.*"] });
        await device.OpenAsync();
        await device.CloseAsync("connection_replaced");
        await receiver.WaitAsync(2);
        Assert.Equal("closed", (await StatusAsync("a")).Status);
        Assert.Equal((0, 0, false), (device.Restarts, device.Logouts, device.IsDisposed));
    }

    [Fact]
    public async Task Replaced_just_after_a_move_connects_once_more_and_then_stops()
    {
        var first = await _silo.CreateAsync("a");
        await TakeAwayAsync("a");
        // Fenced by the next commit; after the pause this silo takes it back from "another": a move.
        await Assert.ThrowsAsync<FencedException>(() => first.ReceiveAsync("late"));
        var device = await _silo.Devices.DeviceAsync("a", 2);
        await device.OpenAsync();
        await device.CloseAsync("connection_replaced");
        await Eventually.TrueAsync(() => device.Restarts == 1, "one more try");
        await device.OpenAsync();
        await device.CloseAsync("connection_replaced");
        Assert.Equal("closed", (await StatusAsync("a")).Status);
        Assert.Equal(1, device.Restarts);
    }

    [Fact]
    public async Task Only_an_open_instance_with_nothing_under_way_is_given_away()
    {
        var device = await _silo.CreateAsync("a");
        var local = _silo.Get<LocalInstances>();
        var nowhere = Orleans.Runtime.SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1);
        Assert.False(await local.AskAsync("a", grain => grain.TryMove(nowhere)));
        await device.ShowQrAsync("qr-1");
        Assert.False(await local.AskAsync("a", grain => grain.TryMove(nowhere)));
        await device.OpenAsync();

        var ack = new TaskCompletionSource<SentMessage>();
        device.OnSend = (_, _) => ack.Task;
        var sending = _silo.Instance("a").SendAsync(new SendRequest("5511900000002@s.whatsapp.net", new TextContent("x")));
        await Eventually.TrueAsync(async () => !await local.AskAsync("a", grain => grain.IsIdle), "the send is under way");
        Assert.False(await local.AskAsync("a", grain => grain.TryMove(nowhere)));
        ack.SetResult(new SentMessage("3EB0AAAAAAAAAAAAAAAA", Jid.Parse("5511900000002@s.whatsapp.net"), 1_700_000_000, MessageStatus.ServerAck));
        await sending;

        Assert.True(await local.AskAsync("a", grain => grain.TryMove(nowhere)));
        Assert.Equal(0, device.Logouts);
        Assert.False(await local.AskAsync("nobody", grain => grain.TryMove(nowhere)));
    }

    // "busy" while the activation that let go is on its way out.
    private async Task<InstanceStatusReport> StatusAsync(string id)
    {
        InstanceStatusReport? report = null;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                report = await _silo.Instance(id).GetStatusAsync();
                return true;
            }
            catch (InstanceProblemException busy) when (busy.Code == "instance-busy")
            {
                return false;
            }
        }, "a status");
        return report!;
    }

    private static async Task<string> CodeAsync(Func<Task> ask) => (await Assert.ThrowsAsync<InstanceProblemException>(ask)).Code;
}
