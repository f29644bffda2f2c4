using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    [Fact]
    public async Task Claim_bumps_the_epoch_names_the_owner_and_returns_the_start()
    {
        var first = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, first, Batch(outbox: [Event(1), Event(2)], lastSequence: 2), None);

        var second = await Sessions.ClaimAsync(Ana, "silo-2", None);

        Assert.True(second.Epoch > first);
        Assert.Equal(2, second.LastSequence);
        Assert.Equal(Ana, second.Definition.InstanceId);
        Assert.True(second.Definition.Desired);
        Assert.Equal("silo-2", (await Instances.FindSummaryAsync(Ana, None))!.Node);
    }

    [Fact]
    public async Task Claim_brings_all_that_a_new_owner_starts_from()
    {
        var epoch = await CreateAndClaimAsync();
        var at = DateTimeOffset.FromUnixTimeMilliseconds(Time.GetUtcNow().ToUnixTimeMilliseconds());
        var line = new StatusLine("open", "5511999990000@s.whatsapp.net", "77@lid", "Ana", at, at, new DisconnectReport("network", 428, at, true));
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.Credentials = Credentials(), status: line), None);

        var next = await Sessions.ClaimAsync(Ana, "silo-2", None);

        Assert.Equal(line with { Status = "reconnecting" }, next.Status);
        Assert.Equal("reconnecting", (await Instances.FindSummaryAsync(Ana, None))!.Status);
        Assert.Equivalent(Credentials(), next.Credentials);
        Assert.Equal(new LeftOver(Events: false, Messages: false, Files: false), next.LeftOver);
    }

    [Fact]
    public async Task Claim_of_one_that_was_never_linked_says_connecting_and_of_one_that_is_not_wanted_says_what_was()
    {
        await CreateAndClaimAsync();
        Assert.True(await Instances.TryCreateAsync(Definition(Bia) with { Desired = false }, None));

        Assert.True(await Sessions.ClaimAsync(Ana, "silo-2", None) is { Status.Status: "connecting", Credentials: null });
        Assert.Equal("created", (await Sessions.ClaimAsync(Bia, "silo-2", None)).Status.Status);
    }

    [Fact]
    public async Task Claim_tells_which_rows_of_the_owner_before_wait()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(outbox: [Event(1)], lastSequence: 1), None);
        var events = await Sessions.ClaimAsync(Ana, "silo-2", None);
        await Sessions.CommitAsync(Ana, events.Epoch, Batch(device => Put(device, Waiting("A1", 1, TimeSpan.Zero))), None);
        var messages = await Sessions.ClaimAsync(Ana, "silo-3", None);
        await Sessions.CommitAsync(Ana, messages.Epoch, Batch(device => Put(device, Waiting("A1", 1, TimeSpan.Zero) with { Status = MessageStatus.ServerAck })), None);

        Assert.Equal(new LeftOver(Events: true, Messages: false, Files: false), events.LeftOver);
        Assert.Equal(new LeftOver(Events: true, Messages: true, Files: false), messages.LeftOver);
        Assert.False((await Sessions.ClaimAsync(Ana, "silo-4", None)).LeftOver.Messages);
    }

    [Fact]
    public async Task Claim_of_an_instance_that_does_not_exist_says_so() =>
        await Assert.ThrowsAsync<InstanceGoneException>(async () => await Sessions.ClaimAsync("nobody", "silo-1", None));

    [Fact]
    public async Task A_commit_under_an_old_epoch_is_refused_and_writes_nothing()
    {
        var old = await CreateAndClaimAsync();
        var current = (await Sessions.ClaimAsync(Ana, "silo-2", None)).Epoch;
        await Sessions.CommitAsync(Ana, current, WithSession([2]), None);

        await Assert.ThrowsAsync<FencedException>(async () => await Sessions.CommitAsync(Ana, old,
            Batch(device => device.Sessions[Address] = [1], [Event(1)], 1, new StatusLine("open", null, null, null, null, null, null)), None));

        Assert.Equal([2], await SessionAsync());
        Assert.Empty(await Outbox.NextDueAsync(Ana, None));
        Assert.Equal("connecting", (await Instances.FindSummaryAsync(Ana, None))!.Status);
    }

    [Fact]
    public async Task Refused_commits_do_not_disturb_their_neighbours()
    {
        var old = await CreateAndClaimAsync();
        await Sessions.ClaimAsync(Ana, "silo-2", None);
        var bia = await CreateAndClaimAsync(Bia);

        var commits = Enumerable.Range(1, 40).Select(async sequence =>
        {
            if (sequence % 2 == 0)
                await Sessions.CommitAsync(Bia, bia, Batch(outbox: [Event(sequence)], lastSequence: sequence), None);
            else
                await Assert.ThrowsAsync<FencedException>(async () => await Sessions.CommitAsync(Ana, old, Batch(outbox: [Event(sequence)], lastSequence: sequence), None));
        });
        await Task.WhenAll(commits);

        var counts = await Outbox.CountAsync([Ana, Bia], None);
        Assert.Equal(20, counts[Bia]);
        Assert.DoesNotContain(Ana, counts.Keys);
    }

    [Fact]
    public async Task A_deleted_instance_is_fenced_even_after_a_new_one_took_its_name()
    {
        var old = await CreateAndClaimAsync();
        Assert.True(await Instances.DeleteAsync(Ana, purge: true, None));
        await Assert.ThrowsAsync<FencedException>(async () => await Sessions.CommitAsync(Ana, old, WithSession([1]), None));

        var renewed = await CreateAndClaimAsync();

        Assert.True(renewed > old);
        await Assert.ThrowsAsync<FencedException>(async () => await Sessions.CommitAsync(Ana, old, WithSession([1]), None));
        Assert.Null(await SessionAsync());
    }

    [Fact]
    public async Task Release_clears_the_owner_only_under_the_current_epoch()
    {
        var old = await CreateAndClaimAsync();
        var current = (await Sessions.ClaimAsync(Ana, "silo-2", None)).Epoch;

        await Sessions.ReleaseAsync(Ana, old, MoveReasons.Drain, None);
        Assert.Equal("silo-2", (await Instances.FindSummaryAsync(Ana, None))!.Node);

        await Sessions.ReleaseAsync(Ana, current, MoveReasons.Drain, None);
        Assert.Null((await Instances.FindSummaryAsync(Ana, None))!.Node);
    }

    [Fact]
    public async Task A_fault_in_the_middle_of_a_batch_leaves_nothing_of_it()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(outbox: [Event(1)], lastSequence: 1), None);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Sessions.CommitAsync(Ana, epoch,
            Batch(device => { device.Sessions[Address] = [1]; device.Credentials = Credentials(); }, [Event(2), Event(1, eventId: "evt_other")], 2), None));

        Assert.Null(await SessionAsync());
        Assert.Null(await Sessions.LoadCredentialsAsync(Ana, None));
        Assert.Equal([1L], (await Outbox.ClaimAsync(Ana, "w1", 10, TimeSpan.FromMinutes(1), None)).Select(row => row.Sequence));
        Assert.Equal(1, (await Sessions.ClaimAsync(Ana, "silo-2", None)).LastSequence);
    }

    [Fact]
    public async Task The_same_batch_committed_twice_counts_once()
    {
        var epoch = await CreateAndClaimAsync();
        var batch = Batch(device => device.Sessions[Address] = [1], [Event(1), Event(2)], 2);

        await Sessions.CommitAsync(Ana, epoch, batch, None);
        await Sessions.CommitAsync(Ana, epoch, batch, None);

        Assert.Equal(2, (await Outbox.CountAsync([Ana], None))[Ana]);
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing()
    {
        string[] ids = [.. Enumerable.Range(0, 8).Select(i => $"i{i}")];
        await Task.WhenAll(ids.Select(async id =>
        {
            var epoch = await CreateAndClaimAsync(id);
            for (var sequence = 1; sequence <= 25; sequence++)
                await Sessions.CommitAsync(id, epoch, Batch(device => device.Sessions[Address] = [(byte)sequence], [Event(sequence)], sequence), None);
        }));

        var counts = await Outbox.CountAsync(ids, None);
        foreach (var id in ids)
        {
            Assert.Equal(25, counts[id]);
            Assert.Equal([25], await SessionAsync(id));
        }
    }

    [Fact]
    public async Task A_cancelled_commit_that_has_not_begun_writes_nothing()
    {
        var epoch = await CreateAndClaimAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Sessions.CommitAsync(Ana, epoch, WithSession([1]), new CancellationToken(canceled: true)));
        Assert.Null(await SessionAsync());
    }
}
