using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Silo;

namespace WhatsApp.Grains.Tests.Scripted;

/// <summary>The embedded silo as the product composes it, on a temporary folder, with scripted devices and short pauses.</summary>
public sealed class TestSilo : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "wa-silo-" + Guid.NewGuid().ToString("N"));
    private IHost? _host;

    internal ScriptedDevices Devices { get; } = new();
    internal IGrainFactory Grains => Get<IGrainFactory>();
    internal Action<IServiceCollection> Services { get; set; } = static _ => { };

    public async ValueTask InitializeAsync() => await StartAsync();

    internal async Task StartAsync()
    {
        _host = Build();
        await _host.StartAsync();
    }

    /// <summary>As a second process would.</summary>
    internal async Task StartSecondAsync()
    {
        using var second = Build();
        await second.StartAsync();
    }

    private IHost Build()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DATA_DIR"] = _folder, ["Outbound:AllowPrivateNetworks"] = "true" });
        builder.AddEmbeddedSilo();
        builder.Services.AddSingleton<IDeviceFactory>(Devices);
        builder.Services.Configure<InstanceTimings>(timings =>
        {
            timings.RestartPause = TimeSpan.FromMilliseconds(50);
            timings.SweepPeriod = TimeSpan.FromMilliseconds(200);
            timings.ShortestFencePause = TimeSpan.FromSeconds(2);
            timings.LongestFencePause = TimeSpan.FromSeconds(2);
            timings.UnlinkPatience = TimeSpan.FromSeconds(1);
        });
        builder.Services.Configure<WebhookOptions>(webhooks =>
        {
            webhooks.AnswerTimeout = TimeSpan.FromSeconds(1);
            webhooks.StopGrace = TimeSpan.FromMilliseconds(200);
        });
        Services(builder.Services);
        return builder.Build();
    }

    internal async Task StopAsync()
    {
        if (_host is not { } host)
            return;
        _host = null;
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    internal async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    internal T Get<T>() where T : notnull => _host!.Services.GetRequiredService<T>();

    internal IInstanceGrain Instance(string id) => Grains.GetGrain<IInstanceGrain>(id);

    /// <summary>Creates an instance; its first device is there when this returns.</summary>
    internal async Task<ScriptedDevice> CreateAsync(string id, params WebhookEndpoint[] webhooks)
    {
        await Instance(id).CreateAsync(new CreateInstance { Webhooks = webhooks });
        return await Devices.DeviceAsync(id);
    }

    internal static string NewId(string name = "i") => $"{name}-{Guid.NewGuid():N}";

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
