using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.LinkPreviewing;
using WhatsApp.Grains.Outbound;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Grains.Media;

/// <summary>Registers what files to send need on a silo; beside <see cref="MediaServices.AddMedia"/>.</summary>
public static class OutgoingMediaServices
{
    /// <summary>Adds <see cref="IMediaIntake"/> and what prepares, uploads and sweeps.</summary>
    /// <param name="services">The silo's.</param>
    /// <param name="dataDirectory"><c>DATA_DIR</c>: temporary files lie in its folder <c>media-work/sends</c>.</param>
    /// <param name="options">Limits.</param>
    /// <param name="workDirectory">Where temporary files lie when not in the data folder: one of this process alone.</param>
    public static IServiceCollection AddOutgoingMedia(this IServiceCollection services, string dataDirectory, MediaOptions options, string? workDirectory = null)
    {
        var work = Path.Combine(workDirectory ?? Path.Combine(dataDirectory, "media-work"), "sends");
        services.AddMediaIntake(options);
        services.AddSingleton<IFfmpeg>(provider => new FfmpegProcess(options.Ffmpeg, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new MediaPreparation(
            provider.GetRequiredService<IObjectStore>(), provider.GetRequiredService<IFfmpeg>(), options, work, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MediaUploads>();
        services.AddSingleton(provider => new LinkPreviews(
            provider.GetRequiredService<OutboundGuard>(), options, provider.GetRequiredService<MediaWorker>(), Path.Combine(work, "previews"), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(_ => new EmptyAtStart(work));
        services.AddHostedService<StagingSweeper>();
        return services;
    }

    /// <summary>Adds <see cref="IMediaIntake"/> alone: for a gateway without a silo, which takes files in. It needs the object store and the outbound guard.</summary>
    public static IServiceCollection AddMediaIntake(this IServiceCollection services, MediaOptions options) =>
        services.AddSingleton(options).AddSingleton<IMediaIntake, MediaIntake>();

    /// <summary>What a killed process left of its jobs goes.</summary>
    private sealed class EmptyAtStart(string work) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
