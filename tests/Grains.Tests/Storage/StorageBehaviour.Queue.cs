using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private StoredMessage Waiting(string id, long createdAt, TimeSpan? later = null, int priority = StoredMessage.DefaultPriority) =>
        Message(id, MessageStatus.Queued, createdAt: createdAt) with { DueAt = later is { } time ? Now + (long)time.TotalMilliseconds : 0, Priority = priority };

    private async Task<long> WithQueueAsync()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            Put(device, Waiting("plain", 10));
            Put(device, Waiting("campaign", 5, priority: 9));
            Put(device, Waiting("code", 30, priority: 0));
            Put(device, Waiting("hour", 1, TimeSpan.FromHours(1)));
            Put(device, Waiting("hour-first", 2, TimeSpan.FromHours(1), priority: 1));
            Put(device, Waiting("minute", 3, TimeSpan.FromMinutes(1)));
            Put(device, Message("pending", createdAt: 20));
            Put(device, Message("sent", MessageStatus.ServerAck, createdAt: 1));
        }), None);
        return epoch;
    }

    [Fact]
    public async Task Messages_that_may_leave_come_by_priority_and_those_for_later_not_before_their_time()
    {
        await WithQueueAsync();
        Assert.Equal(["code", "plain", "pending", "campaign"], Ids(await Sessions.LoadPendingAsync(Ana, Now, 10, None)));
        Assert.Equal(["minute", "hour-first", "hour"], Ids(await Sessions.LoadDueAsync(Ana, Now, long.MaxValue, 10, None)));
        Assert.Equal(["minute"], Ids(await Sessions.LoadDueAsync(Ana, Now, long.MaxValue, 1, None)));
        var (from, until) = (Now + 60_000, Now + 3_600_000);
        Assert.Equal(["hour-first", "hour"], Ids(await Sessions.LoadDueAsync(Ana, from, until, 10, None)));
        Assert.Empty(await Sessions.LoadDueAsync(Ana, until, long.MaxValue, 10, None));
        Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(["code", "hour-first", "plain", "pending", "minute", "hour", "campaign"], Ids(await Sessions.LoadPendingAsync(Ana, Now, 10, None)));
    }

    [Fact]
    public async Task The_queue_is_counted_and_listed_page_by_page()
    {
        await WithQueueAsync();
        Assert.Equal((0, 6), await Sessions.CountQueuedAsync(Ana, 0, -1, None));
        Assert.Equal((2, 6), await Sessions.CountQueuedAsync(Ana, 0, 5, None));
        Assert.Equal((4, 6), await Sessions.CountQueuedAsync(Ana, Now + 60_000, 5, None));
        Assert.Equal((0, 0), await Sessions.CountQueuedAsync(Bia, 0, 9, None));

        var first = await Sessions.ListQueuedAsync(Ana, (0, ""), 4, None);
        var second = await Sessions.ListQueuedAsync(Ana, (first[^1].CreatedAt, first[^1].Key.Id), 4, None);

        Assert.Equal(["hour", "hour-first", "minute", "campaign", "plain", "code"], Ids([.. first, .. second]));
    }

    [Fact]
    public async Task A_message_that_left_or_was_taken_back_waits_no_more()
    {
        var epoch = await WithQueueAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            Put(device, Waiting("minute", 3, TimeSpan.FromMinutes(1)) with { Status = MessageStatus.Failed, Failure = "cancelled" });
            Put(device, Waiting("hour", 1, TimeSpan.FromHours(1)) with { Status = MessageStatus.Pending });
        }), None);
        Assert.Equal(["hour-first"], Ids(await Sessions.LoadDueAsync(Ana, Now, long.MaxValue, 10, None)));
        Assert.Equal((0, 4), await Sessions.CountQueuedAsync(Ana, 0, -1, None));
    }

    private static IEnumerable<string> Ids(IEnumerable<StoredMessage> rows) => rows.Select(row => row.Key.Id);
}
