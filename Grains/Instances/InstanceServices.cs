using Microsoft.Extensions.DependencyInjection;

namespace WhatsApp.Grains.Instances;

/// <summary>Registers what keeps instances running.</summary>
public static class InstanceServices
{
    /// <summary>Adds the sweeper; call after <c>UseOrleans</c>, so that it starts last and stops first.</summary>
    public static IServiceCollection AddInstanceSweeper(this IServiceCollection services) =>
        services.AddHostedService<InstanceSweeper>();

    /// <summary>Adds the drainer of a cluster's silo; call after <c>UseOrleans</c> and before <see cref="AddInstanceSweeper"/>: the sweeper stops first, so that nothing comes while all goes.</summary>
    public static IServiceCollection AddInstanceDrainer(this IServiceCollection services) => services.AddHostedService<InstanceDrainer>();

    /// <summary>Adds the rebalancer of a cluster's silo; call after <see cref="AddInstanceDrainer"/>: it stops first, so that nothing is moved to and fro.</summary>
    public static IServiceCollection AddInstanceRebalancer(this IServiceCollection services) => services.AddHostedService<InstanceRebalancer>();
}
