using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.GrainDirectory;

namespace WhatsApp.Grains.Placement;

/// <summary>Registers the grain directory of a cluster.</summary>
public static class DirectoryServices
{
    /// <summary>Adds directory and lease; call after the storage and before <c>UseOrleans</c>: the lease comes before the first grain.</summary>
    public static IServiceCollection AddPostgresGrainDirectory(this IServiceCollection services) => services
        .AddSingleton<PostgresGrainDirectory>()
        .AddSingleton<IGrainDirectoryResolver, SocketGrains>()
        .AddHostedService<SiloLease>();
}
