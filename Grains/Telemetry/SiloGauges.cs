using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Telemetry;

/// <summary>What there is of each kind on this silo, under the meter <c>WhatsApp</c>; what waits in the database is looked up now and then, for the silo's own instances.</summary>
internal sealed class SiloGauges : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly Meter _meter = new(ProductMeter.Name);
    private readonly IClusterStore _store;
    private readonly LocalInstances _local;
    private readonly ILocalSiloDetails _silo;
    private readonly TimeProvider _time;
    private volatile Looked? _waiting;

    public SiloGauges(IClusterStore store, LocalInstances local, ILocalSiloDetails silo, TimeProvider time)
    {
        (_store, _local, _silo, _time) = (store, local, silo, time);
        _meter.CreateObservableGauge("whatsapp.instances", States, description: "Instances this silo owns, by state");
        _meter.CreateObservableGauge("whatsapp.outbox.events", () => Waiting(counts => counts.Events), description: "Events of this silo's instances that wait for delivery");
        _meter.CreateObservableGauge("whatsapp.outbox.age", () => Waiting(OldestAge), "s", "Age of the oldest of these events");
        _meter.CreateObservableGauge("whatsapp.queue.messages", () => Waiting(counts => counts.Messages), description: "Messages of this silo's instances that wait to be sent");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _time);
        do
            try
            {
                _waiting = new Looked(await _store.CountWaitingAsync(_silo.SiloAddress.ToParsableString(), stoppingToken));
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                // A gauge that is missing says so; a database that is away is told of by whoever needs it.
                _waiting = null;
            }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private IEnumerable<Measurement<int>> States() =>
        _local.All.Select(one => (one.Value.GrainInstance as InstanceGrain)?.State).OfType<string>().CountBy(state => state, StringComparer.Ordinal)
            .Select(state => new Measurement<int>(state.Value, new KeyValuePair<string, object?>("state", state.Key)));

    private double OldestAge(WaitingCounts counts) => counts.OldestEvent is { } oldest ? Math.Max(0, (_time.GetUtcNow() - oldest).TotalSeconds) : 0;

    private IEnumerable<Measurement<double>> Waiting(Func<WaitingCounts, double> pick) => _waiting is { } looked ? [new Measurement<double>(pick(looked.Counts))] : [];

    private sealed record Looked(WaitingCounts Counts);
}
