using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Placement;

namespace WhatsApp.Grains.Tests.Placement;

/// <summary>When the rebalancer waits for instances without an owner.</summary>
public sealed class OwnerlessWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly OwnerlessWatch _watch;

    public OwnerlessWatchTests() => _watch = new OwnerlessWatch(_time);

    [Fact]
    public void Nothing_waits_when_all_have_owners() => Assert.False(_watch.MustWait([]));

    [Fact]
    public void After_a_crash_it_waits_until_they_are_claimed()
    {
        Assert.True(_watch.MustWait(["a", "b"]));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(_watch.MustWait(["b"]));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(_watch.MustWait([]));
    }

    [Fact]
    public void One_that_nobody_can_claim_does_not_stop_it_for_ever()
    {
        Assert.True(_watch.MustWait(["broken"]));
        _time.Advance(OwnerlessWatch.Patience - TimeSpan.FromMilliseconds(1));
        Assert.True(_watch.MustWait(["broken"]));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_watch.MustWait(["broken"]));
        // The next crash is waited for all the same.
        Assert.True(_watch.MustWait(["broken", "a"]));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_watch.MustWait(["broken"]));
    }

    [Fact]
    public void One_that_had_an_owner_meanwhile_is_waited_for_anew()
    {
        Assert.True(_watch.MustWait(["a"]));
        _time.Advance(OwnerlessWatch.Patience);
        Assert.False(_watch.MustWait([]));
        Assert.True(_watch.MustWait(["a"]));
    }

    [Fact]
    public void When_silos_come_or_go_all_are_waited_for_anew()
    {
        Assert.True(_watch.MustWait(["a"]));
        _time.Advance(OwnerlessWatch.Patience);
        _watch.Forget();
        Assert.True(_watch.MustWait(["a"]));
    }
}
