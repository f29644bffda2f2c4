using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Grains.Media;

/// <summary>Registers what media needs on a silo.</summary>
public static class MediaServices
{
    /// <summary>Adds <see cref="IObjectStore"/>, <see cref="MediaWorker"/> and <see cref="MediaNetworks"/>; call before <c>UseOrleans</c>, so that a bad store stops the start first.</summary>
    /// <param name="services">The silo's.</param>
    /// <param name="dataDirectory"><c>DATA_DIR</c>: objects lie in its folder <c>media</c> when there is no S3, temporary files in <c>media-work</c>.</param>
    /// <param name="s3">S3, or null.</param>
    /// <param name="options">Limits.</param>
    public static IServiceCollection AddMedia(this IServiceCollection services, string dataDirectory, S3Options? s3, MediaOptions options)
    {
        var work = Path.Combine(dataDirectory, "media-work", "sends");
        services.AddSingleton(options);
        services.AddSingleton<IFfmpeg>(provider => new FfmpegProcess(options.Ffmpeg, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new MediaPreparation(
            provider.GetRequiredService<IObjectStore>(), provider.GetRequiredService<IFfmpeg>(), options, work, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MediaUploads>();
        services.AddSingleton<IMediaIntake, MediaIntake>();
        services.AddSingleton(new MediaWorkerOptions());
        services.AddSingleton<MediaWorker>();
        services.AddSingleton<MediaNetworks>();
        services.AddSingleton<IObjectStore>(provider => s3 is null
            ? new FolderObjectStore(Path.Combine(dataDirectory, "media"))
            : new S3ObjectStore(s3, Path.Combine(dataDirectory, "media-work", "spool"), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => new OpenAtStart(provider, work));
        services.AddHostedService<MediaSweeper>();
        return services;
    }

    /// <summary>Asking for the store is what makes its folder; S3 must be there too. What a killed process left of its jobs goes.</summary>
    private sealed class OpenAtStart(IServiceProvider provider, string work) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
            return provider.GetRequiredService<IObjectStore>() is S3ObjectStore s3 ? s3.EnsureBucketAsync(cancellationToken) : Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
