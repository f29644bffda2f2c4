using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Tests.Connection;

public class PendingAnswersTests
{
    private static readonly Node Answer = new("iq", ("id", "1"), ("type", "result"));

    [Fact]
    public async Task An_answer_reaches_who_waits_for_its_id_once()
    {
        var pending = new PendingAnswers();
        var waiting = pending.Expect("1");

        Assert.False(pending.Resolve("2", Answer));
        Assert.True(pending.Resolve("1", Answer));
        Assert.False(pending.Resolve("1", Answer));
        Assert.Same(Answer, await waiting);
    }

    [Fact]
    public void An_abandoned_answer_finds_nobody()
    {
        var pending = new PendingAnswers();
        _ = pending.Expect("1");

        pending.Abandon("1");

        Assert.False(pending.Resolve("1", Answer));
    }

    [Fact]
    public async Task The_end_fails_all_who_wait_and_all_who_come()
    {
        var pending = new PendingAnswers();
        var waiting = pending.Expect("1");

        pending.EndAll(new ConnectionEnd(EndKind.SocketClosed));

        await Assert.ThrowsAsync<LinkClosedException>(() => waiting);
        Assert.Throws<LinkClosedException>(() => { _ = pending.Expect("2"); });
    }

    [Fact]
    public void One_id_is_awaited_by_one()
    {
        var pending = new PendingAnswers();
        _ = pending.Expect("1");

        Assert.Throws<ArgumentException>(() => { _ = pending.Expect("1"); });
    }
}
