using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Outbound;

namespace WhatsApp.Grains.Media;

/// <summary>Registers what media needs on a silo.</summary>
public static class MediaServices
{
    /// <summary>Adds <see cref="IObjectStore"/>, <see cref="MediaWorker"/> and <see cref="MediaNetworks"/>; call before <c>UseOrleans</c>, so that a bad store stops the start first.</summary>
    /// <param name="services">The silo's.</param>
    /// <param name="dataDirectory"><c>DATA_DIR</c>: objects lie in its folder <c>media</c> when there is no S3, temporary files in <c>media-work</c>.</param>
    /// <param name="s3">S3, or null.</param>
    /// <param name="workDirectory">Where temporary files lie when not in the data folder: one of this process alone, emptied at its start.</param>
    public static IServiceCollection AddMedia(this IServiceCollection services, string dataDirectory, S3Options? s3, string? workDirectory = null)
    {
        workDirectory ??= Path.Combine(dataDirectory, "media-work");
        services.AddSingleton(new MediaWorkerOptions());
        services.AddSingleton<MediaWorker>();
        services.AddSingleton<MediaNetworks>();
        services.AddObjectStore(dataDirectory, s3, workDirectory);
        services.AddSingleton(_ => new WorkPlace(Path.Combine(workDirectory, "received")));
        services.AddSingleton<OutboundCheck>();
        services.AddSingleton<ReceivedMedia>();
        services.AddSingleton<MediaFetch>();
        services.AddHostedService<MediaRetention>();
        return services;
    }

    /// <summary>Adds <see cref="IObjectStore"/> alone: for a gateway without a silo, which hands files out.</summary>
    public static IServiceCollection AddObjectStore(this IServiceCollection services, string dataDirectory, S3Options? s3, string workDirectory) => services
        .AddSingleton<IObjectStore>(provider => s3 is null
            ? new FolderObjectStore(Path.Combine(dataDirectory, "media"))
            : new S3ObjectStore(s3, Path.Combine(workDirectory, "spool"), provider.GetRequiredService<TimeProvider>()))
        .AddHostedService<OpenAtStart>();

    /// <summary>Asking for the store is what makes its folder; S3 must be there too.</summary>
    private sealed class OpenAtStart(IServiceProvider provider) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            provider.GetRequiredService<IObjectStore>() is S3ObjectStore s3 ? s3.EnsureBucketAsync(cancellationToken) : Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
