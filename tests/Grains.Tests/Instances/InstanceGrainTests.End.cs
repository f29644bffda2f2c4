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

public sealed partial class InstanceGrainTests
{
    [Fact]
    public async Task Restart_reconnects_a_running_device_and_nothing_else()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();
        await silo.Instance(id).RestartAsync();
        Assert.Equal((1, 0), (device.Restarts, device.Logouts));
        Assert.False(device.IsDisposed);
        Assert.Equal(1, silo.Devices.Count(id));
    }

    public static TheoryData<string> States => ["created", "connecting", "qr", "open", "closed", "logged_out", "logout-throws", "logout-hangs", "broken"];

    [Theory, MemberData(nameof(States))]
    public async Task Delete_works_in_every_state_and_leaves_nothing(string state)
    {
        var id = TestSilo.NewId("delete");
        var request = new CreateInstance { Connect = state != "created", Webhooks = [new WebhookEndpoint { Url = "http://127.0.0.1:9/never" }] };
        var token = (await silo.Instance(id).CreateAsync(request)).Token!;
        if (state != "created")
            await BringIntoAsync(state, await silo.Devices.DeviceAsync(id));

        var result = await silo.Instance(id).DeleteAsync(logout: true, purge: true);

        Assert.Equal(state == "open", result.LoggedOut);
        await RefusedAsync("instance-not-found", () => silo.Instance(id).GetStatusAsync());
        await RefusedAsync("instance-not-found", () => silo.Instance(id).DeleteAsync(true, true));
        Assert.Null(await silo.Get<IInstanceRegistry>().FindAsync(id, default));
        Assert.Null(await silo.Get<IGatewayStore>().FindKeyAsync(ApiKeys.Hash(token), default));
        Assert.Empty(await silo.Get<IOutboxStore>().NextDueAsync(id, default));
        Assert.Empty((await silo.Get<IReminderTable>().ReadRows(silo.Grains.GetGrain<IWebhookGrain>(id).GetGrainId())).Reminders);
        if (state != "created")
            Assert.True((await silo.Devices.DeviceAsync(id)).IsDisposed);

        // The id is free again, and starts from nothing.
        Assert.True((await silo.Instance(id).CreateAsync(new CreateInstance { Connect = false })).Created);
        Assert.Null((await silo.Instance(id).GetStatusAsync()).PhoneNumber);
    }

    private static async Task BringIntoAsync(string state, ScriptedDevice device)
    {
        if (state == "qr")
            await device.ShowQrAsync("qr-1");
        if (state is "open" or "closed" or "logged_out" or "logout-throws" or "logout-hangs" or "broken")
            await device.OpenAsync();
        if (state == "closed")
            await device.CloseAsync("connection_replaced");
        if (state == "logged_out")
            await device.CloseAsync("logged_out", DeviceStatus.LoggedOut, keep: false);
        if (state is "logout-throws" or "closed" or "broken")
            device.OnLogout = _ => Task.FromException<bool>(new InvalidOperationException("no"));
        if (state == "logout-hangs")
            device.OnLogout = _ => new TaskCompletionSource<bool>().Task;
        if (state == "broken")
            device.Break(new InvalidOperationException("a bug"));
    }

    [Fact]
    public async Task Delete_between_two_connections_makes_the_next_one_to_tell_the_phone()
    {
        var id = TestSilo.NewId("delete");
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();
        await device.CloseAsync("network", DeviceStatus.Reconnecting);
        device.OnRestart = () =>
        {
            device.Change(static shown => shown with { Status = DeviceStatus.Open });
            return Task.CompletedTask;
        };

        Assert.True((await silo.Instance(id).DeleteAsync(logout: true, purge: true)).LoggedOut);

        Assert.Equal((1, 1), (device.Restarts, device.Logouts));
    }

    [Fact]
    public async Task Delete_does_not_wait_for_ever_for_a_connection()
    {
        var id = TestSilo.NewId("delete");
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();
        await device.CloseAsync("network", DeviceStatus.Reconnecting);
        device.OnLogout = static _ => Task.FromResult(false);

        Assert.False((await silo.Instance(id).DeleteAsync(logout: true, purge: true)).LoggedOut);

        await RefusedAsync("instance-not-found", () => silo.Instance(id).GetStatusAsync());
    }

    [Fact]
    public async Task Delete_without_logout_keeps_the_phone_linked()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        await device.OpenAsync();
        Assert.False((await silo.Instance(id).DeleteAsync(logout: false, purge: true)).LoggedOut);
        Assert.Equal(0, device.Logouts);
    }

    [Fact]
    public async Task A_qr_request_under_way_ends_with_the_instance()
    {
        var id = TestSilo.NewId();
        await silo.CreateAsync(id);
        var waiting = silo.Instance(id).GetQrAsync(TimeSpan.FromSeconds(20));
        await silo.Instance(id).DeleteAsync(true, true);
        await RefusedAsync("instance-not-found", () => waiting);
        Assert.Equal(1, silo.Devices.Count(id));
    }
}
