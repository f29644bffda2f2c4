using Orleans.Messaging;

namespace WhatsApp.Silo.Cluster;

/// <summary>The list of silos a client knows, telling when one has left it: also one that this process has no connection to.</summary>
internal sealed class WatchedSilos(IGatewayListProvider inner, CallWatch calls) : IGatewayListProvider
{
    private HashSet<Uri> _known = [];

    public TimeSpan MaxStaleness => inner.MaxStaleness;

#pragma warning disable CS0618 // A member of the interface that its implementations must have.
    public bool IsUpdatable => inner.IsUpdatable;
#pragma warning restore CS0618

    public Task InitializeGatewayListProvider() => inner.InitializeGatewayListProvider();

    public async Task<IList<Uri>> GetGateways()
    {
        var silos = await inner.GetGateways();
        // The address has the silo's generation in it: one that was started again is another.
        var before = Interlocked.Exchange(ref _known, [.. silos]);
        if (!before.IsSubsetOf(silos))
            calls.SiloLost();
        return silos;
    }

    /// <summary>Puts itself in front of the list that is registered.</summary>
    public static void Watch(IServiceCollection services)
    {
        var registered = services.Last(service => service.ServiceType == typeof(IGatewayListProvider));
        services.Remove(registered);
        services.AddSingleton<IGatewayListProvider>(provider => new WatchedSilos(
            (IGatewayListProvider)(registered.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!)),
            provider.GetRequiredService<CallWatch>()));
    }
}
