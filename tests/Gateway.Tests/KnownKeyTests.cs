using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway.Tests;

/// <summary>How long a key that was seen is taken without asking.</summary>
public sealed class KnownKeyTests
{
    private readonly Clock _time = new();
    private readonly KnownKeys _known;

    public KnownKeyTests() => _known = new KnownKeys(_time);

    [Fact]
    public void A_key_is_taken_for_seconds_and_for_minutes_when_nobody_can_be_asked()
    {
        _known.Remember("hash", new ApiKeyInfo(["read"], null), _known.Version);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(_known.Find("hash"));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(_known.Find("hash"));
        Assert.NotNull(_known.FindLast("hash"));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(_known.FindLast("hash"));
    }

    [Fact]
    public void A_removed_key_and_those_of_a_deleted_instance_are_not_taken_at_all()
    {
        _known.Remember("removed", new ApiKeyInfo(["read"], null), _known.Version);
        _known.Remember("shop", new ApiKeyInfo(["read"], "shop"), _known.Version);
        _known.Remember("removed", null, _known.Version);
        _known.ForgetInstance("shop");
        Assert.Null(_known.FindLast("removed"));
        Assert.Null(_known.FindLast("shop"));
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => _ticks;
        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
