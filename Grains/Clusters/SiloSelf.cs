using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.Services;
using Orleans.Services;
using WhatsApp.Grains.Abstractions.Clusters;

namespace WhatsApp.Grains.Clusters;

/// <summary>What every silo answers about itself; asked directly, without a directory, so that no other silo has to work for it.</summary>
[Alias("wa.ISiloSelf")]
public interface ISiloSelf : IGrainService
{
    /// <summary>Itself now.</summary>
    [ResponseTimeout("00:00:02")]
    [Alias("Describe")]
    Task<SiloSelfReport> DescribeAsync();
}

/// <summary>Answers for this silo.</summary>
internal sealed class SiloSelf(GrainId id, global::Orleans.Runtime.Silo silo, ILoggerFactory logs) : GrainService(id, silo, logs), ISiloSelf
{
    private static readonly string Version =
        typeof(SiloSelf).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public Task<SiloSelfReport> DescribeAsync()
    {
        using var process = Process.GetCurrentProcess();
        return Task.FromResult(new SiloSelfReport
        {
            Version = Version,
            StartedAt = new DateTimeOffset(process.StartTime.ToUniversalTime(), TimeSpan.Zero),
            Claims = Telemetry.ProductMeter.ClaimsSoFar,
            CpuSeconds = Math.Round(process.TotalProcessorTime.TotalSeconds, 1),
            MemoryBytes = process.WorkingSet64,
            Machine = Environment.MachineName,
        });
    }
}

/// <summary>The way to ask a silo.</summary>
internal sealed class SiloSelfClient(IServiceProvider services) : GrainServiceClient<ISiloSelf>(services)
{
    public Task<SiloSelfReport> DescribeAsync(SiloAddress silo) => GetGrainService(silo).DescribeAsync();
}
