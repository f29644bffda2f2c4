using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Grains.Tests.Instances;

/// <summary>A silo that let go of its instances, with a sweeper that does not look by itself.</summary>
public sealed class LeaseReturnTests : IAsyncLifetime
{
    private readonly TestSilo _silo = new()
    {
        Services = static services =>
        {
            services.AddHostedService<LeaseWatch>();
            services.Configure<InstanceTimings>(timings => timings.SweepPeriod = TimeSpan.FromDays(1));
            var store = services.Last(service => service.ServiceType == typeof(ISessionStore));
            services.AddSingleton(provider =>
            {
                var failing = DispatchProxy.Create<ISessionStore, NoRelease>();
                ((NoRelease)(object)failing).Inner = (ISessionStore)(store.ImplementationInstance ?? store.ImplementationFactory!(provider));
                return failing;
            });
        },
    };

    public ValueTask InitializeAsync() => _silo.InitializeAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private void Renew(TimeSpan ago)
    {
        var lease = _silo.Get<OwnLease>();
        lease.Renewed(lease.Now with { Wall = lease.Now.Wall - ago });
    }

    [Fact]
    public async Task When_the_lease_runs_again_its_instances_open_at_once_and_not_at_the_next_sweep()
    {
        var (a, b) = (await _silo.CreateAsync("a"), await _silo.CreateAsync("b"));
        Renew(ago: TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => a.IsDisposed && b.IsDisposed, "the sockets are closed");
        await Eventually.TrueAsync(() => _silo.Get<LocalInstances>().IsEmpty, "nothing is active");

        Renew(ago: TimeSpan.Zero);
        await _silo.Devices.DeviceAsync("a", 2);
        await _silo.Devices.DeviceAsync("b", 2);
    }

    [Fact]
    public async Task What_could_not_be_released_is_not_counted_as_active_and_the_next_sweep_wakes_it()
    {
        var device = await _silo.CreateAsync("a");
        await device.OpenAsync();
        var local = _silo.Get<LocalInstances>();
        Assert.True(local.Has("a"));
        Assert.True(await local.AskAsync("a", static grain =>
        {
            grain.GrainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "test"));
            return true;
        }));
        // Or it was woken already, by a sweep that membership asked for.
        await Eventually.TrueAsync(() => device.IsDisposed && (!local.Has("a") || _silo.Devices.Count("a") > 1), "the table does not name it any more");
        Assert.NotNull(Assert.Single(await _silo.Get<IInstanceRegistry>().ListDesiredAsync(default)).Owner);

        // Any sweep will do: here one that comes because the lease was lost and came back.
        Renew(ago: TimeSpan.FromMinutes(1));
        Assert.False(_silo.Get<OwnLease>().IsHeld);
        Renew(ago: TimeSpan.Zero);
        await _silo.Devices.DeviceAsync("a", 2);
    }

    /// <summary>A store that cannot release.</summary>
    public class NoRelease : DispatchProxy
    {
        internal ISessionStore Inner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(ISessionStore.ReleaseAsync)
            ? throw new IOException("the store is away")
            : targetMethod.Invoke(Inner, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
    }
}
