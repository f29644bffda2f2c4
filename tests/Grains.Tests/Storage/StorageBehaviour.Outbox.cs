namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    private async Task QueueAsync(string id, params long[] sequences)
    {
        var epoch = await CreateAndClaimAsync(id);
        await Sessions.CommitAsync(id, epoch, Batch(outbox: [.. sequences.Select(sequence => Event(sequence))], lastSequence: sequences.Max()), None);
    }

    private async Task<IReadOnlyList<long>> ClaimedAsync(string id = Ana, string endpoint = "w1", int limit = 50) =>
        [.. (await Outbox.ClaimAsync(id, endpoint, limit, _minute, None)).Select(row => row.Sequence)];

    [Fact]
    public async Task Events_are_claimed_in_order_with_their_bodies()
    {
        await QueueAsync(Ana, 3, 1, 2);

        var rows = await Outbox.ClaimAsync(Ana, "w1", 2, _minute, None);

        Assert.Equal([1L, 2L], rows.Select(row => row.Sequence));
        Assert.Equal([1, 1, 2], rows[0].Body);
        Assert.Equal("evt_w1_1", rows[0].EventId);
        Assert.Equal("message.received", rows[0].EventName);
        Assert.Equal(Now, rows[0].CreatedAt);
        Assert.Equal(0, rows[0].Attempts);
    }

    [Fact]
    public async Task Claimed_events_are_invisible_and_block_those_behind_until_the_claim_runs_out()
    {
        await QueueAsync(Ana, 1, 2, 3);
        Assert.Equal([1L, 2L], await ClaimedAsync(limit: 2));

        Assert.Empty(await ClaimedAsync());
        Assert.Equal(Now + 60_000, (await Outbox.NextDueAsync(Ana, None))["w1"]);

        Time.Advance(_minute);
        Assert.Equal([1L, 2L, 3L], await ClaimedAsync());
    }

    [Fact]
    public async Task Delivered_events_go_and_the_next_follow()
    {
        await QueueAsync(Ana, 1, 2, 3);
        await ClaimedAsync(limit: 2);

        await Outbox.DeleteAsync(Ana, "w1", [1, 2], None);

        Assert.Equal([3L], await ClaimedAsync());
        Assert.Equal(1, (await Outbox.CountAsync([Ana], None))[Ana]);
    }

    [Fact]
    public async Task A_rescheduled_event_holds_back_the_later_ones_and_releases_their_claims()
    {
        await QueueAsync(Ana, 1, 2, 3);
        await ClaimedAsync();

        await Outbox.RescheduleAsync(Ana, "w1", 1, 4, Now + 5_000, [2, 3], None);

        Assert.Empty(await ClaimedAsync());
        Assert.Equal(Now + 5_000, (await Outbox.NextDueAsync(Ana, None))["w1"]);
        Time.Advance(TimeSpan.FromSeconds(5));
        var rows = await Outbox.ClaimAsync(Ana, "w1", 50, _minute, None);
        Assert.Equal([1L, 2L, 3L], rows.Select(row => row.Sequence));
        Assert.Equal(4, rows[0].Attempts);
    }

    [Fact]
    public async Task A_claim_stops_at_the_first_event_that_is_not_due()
    {
        await QueueAsync(Ana, 1, 2, 3);
        await Outbox.RescheduleAsync(Ana, "w1", 2, 1, Now + 5_000, [], None);

        Assert.Equal([1L], await ClaimedAsync());
    }

    [Fact]
    public async Task A_buried_event_leaves_the_queue()
    {
        await QueueAsync(Ana, 1, 2);
        await ClaimedAsync(limit: 1);

        await Outbox.BuryAsync(Ana, "w1", 1, 20, "410 gone", None);

        Assert.Equal([2L], await ClaimedAsync());
        Assert.Equal(1, (await Outbox.CountAsync([Ana], None))[Ana]);
    }

    [Fact]
    public async Task Endpoints_have_queues_of_their_own()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(outbox: [Event(1), Event(1, "w2"), Event(2, "w2")], lastSequence: 2), None);
        await Outbox.RescheduleAsync(Ana, "w1", 1, 1, Now + 9_000, [], None);

        Assert.Empty(await ClaimedAsync());
        Assert.Equal([1L, 2L], await ClaimedAsync(endpoint: "w2"));
        Assert.Equal(["w1", "w2"], (await Outbox.NextDueAsync(Ana, None)).Keys.Order());
    }

    [Fact]
    public async Task Two_claimers_never_get_the_same_event()
    {
        await QueueAsync(Ana, [.. Enumerable.Range(1, 60).Select(i => (long)i)]);

        var claims = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ClaimedAsync(limit: 20)));

        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), claims.SelectMany(rows => rows));
    }

    [Fact]
    public async Task Neglected_are_those_whose_first_event_nobody_took_in_time()
    {
        await QueueAsync(Ana, 1, 2);
        await QueueAsync(Bia, 1, 2);
        Assert.Empty(await Outbox.FindNeglectedAsync(TimeSpan.FromSeconds(30), 10, None));

        Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal([Ana, Bia], await Outbox.FindNeglectedAsync(TimeSpan.FromSeconds(30), 10, None));
        Assert.Equal([Ana], await Outbox.FindNeglectedAsync(TimeSpan.FromSeconds(30), 1, None));

        await Outbox.RescheduleAsync(Ana, "w1", 1, 1, Now + 600_000, [], None);
        await ClaimedAsync(Bia);
        Assert.Empty(await Outbox.FindNeglectedAsync(TimeSpan.FromSeconds(30), 10, None));
    }

    [Fact]
    public async Task The_claims_of_a_deliverer_that_died_are_taken_away_and_waits_stay()
    {
        await QueueAsync(Ana, 1, 2, 3);
        await QueueAsync(Bia, 1);
        await Outbox.RescheduleAsync(Ana, "w1", 3, 1, Now + 5_000, [], None);
        await ClaimedAsync();
        await ClaimedAsync(Bia);

        await Outbox.BeginAsync(Ana, None);

        Assert.Equal([1L, 2L], await ClaimedAsync());
        Assert.Empty(await ClaimedAsync(Bia));
    }

    [Fact]
    public async Task An_event_buried_twice_is_one_dead_letter()
    {
        await QueueAsync(Ana, 1);
        await Outbox.BuryAsync(Ana, "w1", 1, 20, "gone", None);
        await Outbox.BuryAsync(Ana, "w1", 1, 20, "gone", None);

        Assert.Empty(await Outbox.CountAsync([Ana], None));
        Assert.True(await Instances.DeleteAsync(Ana, purge: false, None));
        Assert.True(await Instances.TryCreateAsync(Definition(Ana), None));
        Assert.Equal(1, (await Sessions.ClaimAsync(Ana, "silo-1", None)).LastSequence);
    }

    [Fact]
    public async Task Dead_letters_are_listed_newest_first_and_come_back_as_they_were()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(outbox: [Event(1, eventId: "one"), Event(1, "w2", eventId: "one"), Event(2, eventId: "two"), Event(3, eventId: "three")], lastSequence: 3), None);
        foreach (var (endpoint, sequence) in new[] { ("w1", 1L), ("w2", 1L), ("w1", 2L) })
            await Outbox.BuryAsync(Ana, endpoint, sequence, 7, "attempts ran out", None);

        var all = await Outbox.ListDeadAsync(Ana, null, 10, None);
        Assert.Equal([("two", "w1"), ("one", "w2"), ("one", "w1")], all.Select(dead => (dead.EventId, dead.EndpointId)));
        Assert.Equal((2L, "message.received", 7, "attempts ran out", Time.GetUtcNow()), (all[0].Sequence, all[0].EventName, all[0].Attempts, all[0].Reason, all[0].BuriedAt));
        Assert.Equal(["w1"], (await Outbox.ListDeadAsync(Ana, (1, "w2"), 10, None)).Select(dead => dead.EndpointId));
        Assert.Single(await Outbox.ListDeadAsync(Ana, null, 1, None));

        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["w1", "w2"], (await Outbox.ReviveAsync(Ana, "one", None)).Order());
        Assert.Empty(await Outbox.ReviveAsync(Ana, "one", None));
        var back = (await Outbox.ClaimAsync(Ana, "w1", 10, TimeSpan.FromMinutes(1), None))[0];
        Assert.Equal(("one", 1L, 0, Now), (back.EventId, back.Sequence, back.Attempts, back.CreatedAt));
        Assert.Equal([1, 1, 2], back.Body);
        Assert.Equal(["two"], (await Outbox.ListDeadAsync(Ana, null, 10, None)).Select(dead => dead.EventId));
    }

    [Fact]
    public async Task Of_each_endpoint_the_newest_thousand_dead_letters_are_kept()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(outbox: [.. Enumerable.Range(1, 1003).Select(n => Event(n)), Event(1, "w2")], lastSequence: 1003), None);
        await Outbox.BuryAsync(Ana, "w2", 1, 1, "gone", None);
        for (var sequence = 1; sequence <= 1003; sequence++)
            await Outbox.BuryAsync(Ana, "w1", sequence, 1, "gone", None);

        var kept = await Outbox.ListDeadAsync(Ana, null, 2000, None);

        Assert.Equal(1001, kept.Count);
        Assert.Equal(4, kept.Where(dead => dead.EndpointId == "w1").Min(dead => dead.Sequence));
    }
}
