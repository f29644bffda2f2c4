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
    public static IServiceCollection AddMedia(this IServiceCollection services, string dataDirectory, S3Options? s3)
    {
        services.AddSingleton(new MediaWorkerOptions());
        services.AddSingleton<MediaWorker>();
        services.AddSingleton<MediaNetworks>();
        services.AddSingleton<IObjectStore>(provider => s3 is null
            ? new FolderObjectStore(Path.Combine(dataDirectory, "media"))
            : new S3ObjectStore(s3, Path.Combine(dataDirectory, "media-work", "spool"), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new WorkPlace(Path.Combine(dataDirectory, "media-work", "received")));
        services.AddSingleton<OutboundCheck>();
        services.AddSingleton<ReceivedMedia>();
        services.AddSingleton<MediaFetch>();
        services.AddHostedService<OpenAtStart>();
        services.AddHostedService<MediaRetention>();
        return services;
    }

    /// <summary>Asking for the store is what makes its folder; S3 must be there too.</summary>
    private sealed class OpenAtStart(IServiceProvider provider) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            provider.GetRequiredService<IObjectStore>() is S3ObjectStore s3 ? s3.EnsureBucketAsync(cancellationToken) : Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
