using Microsoft.Extensions.DependencyInjection;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Grains.Tests.Instances;

/// <summary>When an instance was last heard of, without a write for each message.</summary>
public sealed class LastSeenTests : IAsyncLifetime
{
    private readonly ShiftedTime _time = new();
    private readonly TestSilo _silo;

    public LastSeenTests() => _silo = new TestSilo { Services = services => services.AddSingleton<TimeProvider>(_time) };

    public ValueTask InitializeAsync() => _silo.InitializeAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private async Task<DateTimeOffset?> SeenAsync() => (await _silo.Get<IInstanceRegistry>().FindSummaryAsync("a", default))!.LastSeenAt;

    [Fact]
    public async Task A_message_moves_it_by_ten_seconds_at_least()
    {
        var device = await _silo.CreateAsync("a");
        _time.Stop();
        await device.OpenAsync();
        var opened = await SeenAsync();
        Assert.NotNull(opened);

        _time.Shift(TimeSpan.FromSeconds(9));
        await device.ReceiveAsync("one");
        Assert.Equal(opened, await SeenAsync());

        _time.Shift(TimeSpan.FromSeconds(1));
        await device.ReceiveAsync("two");
        Assert.Equal(opened + TimeSpan.FromSeconds(10), await SeenAsync());
    }

    // Real, but for the wall clock.
    private sealed class ShiftedTime : TimeProvider
    {
        private DateTimeOffset? _now;

        public void Stop() => _now = base.GetUtcNow();

        public void Shift(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now ?? base.GetUtcNow();
    }
}
