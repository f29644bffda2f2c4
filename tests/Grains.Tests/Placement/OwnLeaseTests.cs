using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Placement;

namespace WhatsApp.Grains.Tests.Placement;

public sealed class OwnLeaseTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_900_000_000));

    [Fact]
    public void A_silo_without_a_lease_always_holds_it()
    {
        var lease = new OwnLease(_time);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public void A_lease_is_lost_before_it_runs_out_in_the_database()
    {
        var lease = new OwnLease(_time);
        lease.Renewed(lease.Now);
        _time.Advance(OwnLease.Trust);
        Assert.True(lease.IsHeld);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(lease.IsHeld);
        Assert.True(OwnLease.Trust < OwnLease.Length);
    }

    [Fact]
    public void It_runs_from_when_the_renewal_was_sent()
    {
        var lease = new OwnLease(_time);
        var sent = lease.Now;
        _time.Advance(TimeSpan.FromSeconds(5));
        lease.Renewed(sent);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public void A_renewal_after_a_freeze_does_not_hide_that_it_was_lost_even_if_nobody_has_looked_meanwhile()
    {
        var lease = new OwnLease(_time);
        var resumed = 0;
        lease.Resumed += (_, _) => resumed++;
        lease.Renewed(lease.Now);
        _time.Advance(TimeSpan.FromSeconds(20));
        lease.Renewed(lease.Now);
        Assert.False(lease.IsHeld);

        Assert.True(lease.TryResume());
        Assert.True(lease.IsHeld);
        Assert.False(lease.TryResume());
        Assert.Equal(1, resumed);
    }

    [Fact]
    public void A_lost_lease_is_not_taken_up_again_without_a_renewal()
    {
        var lease = new OwnLease(_time);
        lease.Renewed(lease.Now);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.False(lease.TryResume());
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public void A_machine_that_slept_is_noticed_by_the_clock_on_the_wall()
    {
        var lease = new OwnLease(_time);
        lease.Renewed(lease.Now with { Wall = _time.GetUtcNow() - TimeSpan.FromSeconds(30) });
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public void An_instance_that_a_newer_owner_took_is_left_alone_for_five_to_sixty_seconds()
    {
        var rights = new ClaimRights(new OwnLease(_time), Options.Create(new InstanceTimings()), _time);
        rights.KeepAway("shop");
        Assert.False(rights.May("shop"));
        Assert.True(rights.May("other"));
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(rights.May("shop"));
        _time.Advance(TimeSpan.FromSeconds(55.2));
        Assert.True(rights.May("shop"));
    }

    [Fact]
    public void Nothing_may_be_claimed_without_the_lease()
    {
        var lease = new OwnLease(_time);
        var rights = new ClaimRights(lease, Options.Create(new InstanceTimings()), _time);
        lease.Renewed(lease.Now);
        Assert.True(rights is { HasLease: true } && rights.May("shop"));
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.False(rights.HasLease || rights.May("shop"));
    }
}
