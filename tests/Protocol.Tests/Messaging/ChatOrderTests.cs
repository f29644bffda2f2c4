using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class ChatOrderTests
{
    private static readonly Jid Chat = new("1", Jid.LidServer);

    [Fact]
    public async Task Turns_come_in_the_order_of_asking_and_a_cancelled_one_is_skipped()
    {
        var order = new ChatOrder();
        using var leave = new CancellationTokenSource();
        var first = await order.EnterAsync(Chat, CancellationToken.None);
        var second = order.EnterAsync(Chat, leave.Token);
        var third = order.EnterAsync(Chat, CancellationToken.None);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        first.Dispose();
        (await third.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
    }

    [Fact]
    public async Task Chats_do_not_wait_for_each_other()
    {
        var order = new ChatOrder();
        using var one = await order.EnterAsync(Chat, CancellationToken.None);
        using var other = await order.EnterAsync(new Jid("2", Jid.LidServer), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.NotSame(one, other);
    }
}
