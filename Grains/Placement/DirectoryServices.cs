using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Runtime.GrainDirectory;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Placement;

/// <summary>Registers what says who may own an instance: in a cluster with leases and a grain directory.</summary>
public static class DirectoryServices
{
    /// <summary>What every silo asks before it claims an instance, connects or writes.</summary>
    public static IServiceCollection AddOwnership(this IServiceCollection services) => services
        .AddSingleton<LocalInstances>().AddSingleton<OwnLease>().AddSingleton<ClaimRights>().AddSingleton<RepeatedErrors>();

    /// <summary>Adds directory and lease; call after the storage and before <c>UseOrleans</c>: the lease comes before the first grain.</summary>
    public static IServiceCollection AddPostgresGrainDirectory(this IServiceCollection services) => services
        .AddSingleton<PostgresGrainDirectory>()
        .AddSingleton(provider => new MemberGrainDirectory(provider.GetRequiredService<PostgresGrainDirectory>(), provider.GetRequiredService<IClusterMembershipService>()))
        .AddSingleton<IGrainDirectoryResolver, SocketGrains>()
        .AddHostedService<SiloLease>()
        .AddHostedService<LeaseWatch>();
}
