using Microsoft.Extensions.DependencyInjection;

namespace WhatsApp.Grains.Instances;

/// <summary>Registers what keeps instances running.</summary>
public static class InstanceServices
{
    /// <summary>Adds the sweeper; call after <c>UseOrleans</c>, so that it starts last and stops first.</summary>
    public static IServiceCollection AddInstanceSweeper(this IServiceCollection services) =>
        services.AddSingleton<LocalInstances>().AddHostedService<InstanceSweeper>();

    /// <summary>Adds the drainer of a cluster's silo; call after <c>UseOrleans</c> and before <see cref="AddInstanceSweeper"/>: the sweeper stops first, so that nothing comes while all goes.</summary>
    public static IServiceCollection AddInstanceDrainer(this IServiceCollection services) => services.AddHostedService<InstanceDrainer>();
}
