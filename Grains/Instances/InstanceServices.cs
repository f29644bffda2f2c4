using Microsoft.Extensions.DependencyInjection;

namespace WhatsApp.Grains.Instances;

/// <summary>Registers what keeps instances running.</summary>
public static class InstanceServices
{
    /// <summary>Adds the sweeper; call after <c>UseOrleans</c>, so that it starts last and stops first.</summary>
    public static IServiceCollection AddInstanceSweeper(this IServiceCollection services) => services.AddHostedService<InstanceSweeper>();
}
