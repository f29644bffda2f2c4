using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static readonly StatusLine OpenLine = new("open", null, null, null, null, null, null);

    [Fact]
    public async Task The_first_owner_and_the_same_node_again_are_no_move()
    {
        Assert.True(await Instances.TryCreateAsync(Definition(Ana), None));
        foreach (var owner in new[] { "10.0.0.1:11111@1", "10.0.0.1:11111@1", "10.0.0.1:11111@2" })
        {
            var ownership = await Sessions.ClaimAsync(Ana, owner, None);
            Assert.Empty(ownership.Moves);
            if (owner[^1] == '1')
                await Sessions.ReleaseAsync(Ana, ownership.Epoch, MoveReasons.Drain, None);
        }
        Assert.Empty((await Cluster.ReadAsync(10, None)).Moves);
    }

    [Theory, InlineData(MoveReasons.Drain), InlineData(MoveReasons.Rebalance)]
    public async Task Another_node_after_a_release_is_a_move_with_its_reason_and_the_time_of_the_release(string reason)
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(status: OpenLine), None);
        Time.Advance(TimeSpan.FromHours(1));
        var left = Time.GetUtcNow();
        await Sessions.ReleaseAsync(Ana, epoch, reason, None);
        Time.Advance(TimeSpan.FromSeconds(2));

        var ownership = await Sessions.ClaimAsync(Ana, "silo-2", None);

        var expected = new OwnershipMove(Ana, ownership.Epoch, "silo-1", "silo-2", reason, Time.GetUtcNow(), left);
        Assert.Equal([expected], ownership.Moves);
        Assert.Equal([expected], (await Cluster.ReadAsync(10, None)).Moves);
    }

    [Fact]
    public async Task Another_node_without_a_release_is_a_crash_since_the_last_sign_of_life()
    {
        var epoch = await CreateAndClaimAsync();
        Time.Advance(TimeSpan.FromMinutes(1));
        var seen = Time.GetUtcNow();
        await Sessions.CommitAsync(Ana, epoch, Batch(status: OpenLine with { LastSeenAt = seen }), None);
        Time.Advance(TimeSpan.FromMinutes(1));

        var move = Assert.Single((await Sessions.ClaimAsync(Ana, "silo-2", None)).Moves);

        Assert.Equal((MoveReasons.Crash, seen), (move.Reason, move.DownSince));
    }

    [Fact]
    public async Task What_was_not_open_has_no_downtime_and_what_was_reconnecting_has_it_since_its_disconnect()
    {
        var ana = await CreateAndClaimAsync();
        var bia = await CreateAndClaimAsync(Bia);
        var closed = Time.GetUtcNow();
        await Sessions.CommitAsync(Ana, ana, Batch(status: OpenLine with { Status = "qr" }), None);
        await Sessions.CommitAsync(Bia, bia, Batch(status: OpenLine with { Status = "reconnecting", LastDisconnect = new DisconnectReport("connection_lost", 0, closed, true) }), None);
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(Assert.Single((await Sessions.ClaimAsync(Ana, "silo-2", None)).Moves).DownSince);
        Assert.Equal(closed, Assert.Single((await Sessions.ClaimAsync(Bia, "silo-2", None)).Moves).DownSince);
    }

    [Fact]
    public async Task A_move_waits_until_it_is_told_also_for_the_next_owner_and_the_downtime_goes_on()
    {
        var first = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, first, Batch(status: OpenLine), None);
        var left = Time.GetUtcNow();
        await Sessions.ReleaseAsync(Ana, first, MoveReasons.Drain, None);
        var second = await Sessions.ClaimAsync(Ana, "silo-2", None);
        await Sessions.CommitAsync(Ana, second.Epoch, Batch(status: OpenLine with { Status = "reconnecting" }), None);
        Time.Advance(TimeSpan.FromSeconds(9));

        var third = await Sessions.ClaimAsync(Ana, "silo-3", None);
        Assert.Equal([("silo-1", "silo-2", MoveReasons.Drain, left), ("silo-2", "silo-3", MoveReasons.Crash, left)], third.Moves.Select(move => (move.FromNode, move.ToNode, move.Reason, move.DownSince!.Value)));

        await Sessions.CommitAsync(Ana, third.Epoch, Batch() with { Moves = [new ToldMove(second.Epoch, null), new ToldMove(third.Epoch, TimeSpan.FromSeconds(9))] }, None);
        Assert.Empty((await Sessions.ClaimAsync(Ana, "silo-3", None)).Moves);
        Assert.Equal([TimeSpan.FromSeconds(9), null], (await Cluster.ReadAsync(10, None)).Moves.Select(move => move.Downtime));
        Assert.Single((await Cluster.ReadAsync(1, None)).Moves);
    }

    [Fact]
    public async Task A_fenced_commit_tells_of_no_move()
    {
        await CreateAndClaimAsync();
        var second = await Sessions.ClaimAsync(Ana, "silo-2", None);
        await Sessions.ClaimAsync(Ana, "silo-2", None);
        await Assert.ThrowsAsync<Protocol.Store.FencedException>(async () => await Sessions.CommitAsync(Ana, second.Epoch, Batch() with { Moves = [new ToldMove(second.Epoch, TimeSpan.Zero)] }, None));
        Assert.Single((await Sessions.ClaimAsync(Ana, "silo-2", None)).Moves);
    }

    [Fact]
    public async Task Forgotten_owners_are_nobodys_and_the_next_owner_has_not_moved_it()
    {
        await CreateAndClaimAsync();
        await Instances.ForgetOwnersAsync(None);
        Assert.Equal([(Ana, null)], await Instances.ListDesiredAsync(None));
        Assert.Empty((await Sessions.ClaimAsync(Ana, "silo-2", None)).Moves);
    }

    [Fact]
    public async Task Moves_are_kept_for_a_month_and_go_with_their_instance()
    {
        await CreateAndClaimAsync();
        await Sessions.ClaimAsync(Ana, "silo-2", None);
        Time.Advance(TimeSpan.FromDays(31));
        Assert.Equal("silo-3", Assert.Single((await Sessions.ClaimAsync(Ana, "silo-3", None)).Moves).ToNode);
        await Instances.DeleteAsync(Ana, purge: true, None);
        Assert.Empty((await Cluster.ReadAsync(10, None)).Moves);
    }

    [Fact]
    public async Task Instances_are_counted_by_owner_with_what_waits()
    {
        var ana = await CreateAndClaimAsync();
        var bia = await CreateAndClaimAsync(Bia);
        await Instances.TryCreateAsync(Definition("caio", desired: false), None);
        await Sessions.CommitAsync(Ana, ana, Batch(outbox: [Event(1), Event(2)], lastSequence: 2, status: OpenLine), None);
        var made = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromMinutes(1));
        await Sessions.ClaimAsync(Bia, "silo-2", None);
        bia = (await Sessions.ClaimAsync(Bia, "silo-2", None)).Epoch;
        await Sessions.CommitAsync(Bia, bia, Batch(outbox: [Event(1)], lastSequence: 1, status: OpenLine with { Status = "reconnecting" }), None);

        var owners = (await Cluster.ReadAsync(0, None)).Owners.ToDictionary(owner => owner.Owner ?? "");
        Assert.Equal(["", "silo-1", "silo-2"], owners.Keys.Order());
        Assert.Equal(new OwnerCounts("silo-1", 1, 1, 1, 0, ana, 2, made, null), owners["silo-1"]);
        Assert.Equal(new OwnerCounts("silo-2", 1, 1, 0, 1, bia, 1, Time.GetUtcNow(), null), owners["silo-2"]);
        Assert.Equal((1, 0, 0), (owners[""].Instances, owners[""].Desired, owners[""].Open));
        Assert.Equal(new WaitingCounts(2, made, 0), await Cluster.CountWaitingAsync("silo-1", None));
        Assert.Equal(default, await Cluster.CountWaitingAsync("silo-9", None));

        await Sessions.ReleaseAsync(Bia, bia, MoveReasons.Drain, None);
        var free = Assert.Single((await Cluster.ReadAsync(0, None)).Owners, owner => owner.Owner is null);
        Assert.Equal((2, 1, Time.GetUtcNow()), (free.Instances, free.Desired, free.FreeSince!.Value));
    }
}
