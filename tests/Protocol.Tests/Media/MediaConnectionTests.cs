using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class MediaConnectionTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

    [Fact]
    public void The_question_is_that_of_the_fact_sheet()
    {
        var query = MediaConnection.Query();

        Assert.Equal("<iq type=\"set\" xmlns=\"w:m\" to=\"s.whatsapp.net\"><media_conn/></iq>", query.ToString());
    }

    [Fact]
    public void Primary_hosts_come_first_and_the_shorter_life_counts()
    {
        var connection = MediaConnection.Read(Answer("tok", "300", "21600", ("b.net", "fallback"), ("a.net", "primary"), ("c.net", null)), _time.GetUtcNow())!;

        Assert.Equal(["a.net", "c.net", "b.net"], connection.Hosts.Select(host => host.Hostname));
        Assert.Equal(_time.GetUtcNow().AddSeconds(300), connection.ExpiresAt);
        Assert.DoesNotContain("tok", connection.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_life_may_be_an_absolute_time() =>
        Assert.Equal(1_700_000_777, MediaConnection.Read(Answer("tok", "1700000777", "21600", ("a.net", null)), _time.GetUtcNow())!.ExpiresAt.ToUnixTimeSeconds());

    [Theory, InlineData("evil.net/x?"), InlineData("a b"), InlineData("user@evil.net"), InlineData(""), InlineData("-x.net"), InlineData("evil.net#")]
    public void Names_that_are_no_hosts_are_left_out(string hostname)
    {
        Assert.Null(MediaConnection.Read(Answer("tok", "300", "300", (hostname, null)), _time.GetUtcNow()));
        Assert.Equal("a.net", Assert.Single(MediaConnection.Read(Answer("tok", "300", "300", (hostname, null), ("a.net", null)), _time.GetUtcNow())!.Hosts).Hostname);
    }

    [Fact]
    public void An_answer_without_token_or_connection_is_none()
    {
        Assert.Null(MediaConnection.Read(Answer(null, "300", "300", ("a.net", null)), _time.GetUtcNow()));
        Assert.Null(MediaConnection.Read(new Node("iq"), _time.GetUtcNow()));
    }

    [Fact]
    public async Task It_is_asked_for_once_until_shortly_before_it_ends()
    {
        var asked = 0;
        var connections = new MediaConnections((_, _) => Task.FromResult(Answer("tok" + ++asked, "300", "600", ("a.net", null))), _time);

        var first = await connections.GetAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(269));
        Assert.Same(first, await connections.GetAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("tok2", (await connections.GetAsync(CancellationToken.None)).Auth);
    }

    [Fact]
    public async Task Many_callers_share_one_question()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<Node>();
        var connections = new MediaConnections((_, _) =>
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        }, _time);
        var callers = Enumerable.Range(0, 20).Select(_ => connections.GetAsync(CancellationToken.None)).ToArray();
        using var impatient = new CancellationTokenSource();
        var left = connections.GetAsync(impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        answer.SetResult(Answer("tok", "300", "300", ("a.net", null)));

        Assert.Single((await Task.WhenAll(callers)).Distinct());
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_refused_connection_is_replaced_once_for_all_who_had_it()
    {
        var asked = 0;
        var connections = new MediaConnections((_, _) => Task.FromResult(Answer("tok" + ++asked, "300", "300", ("a.net", null))), _time);
        var first = await connections.GetAsync(CancellationToken.None);

        var second = await connections.RefreshAsync(first, CancellationToken.None);
        var third = await connections.RefreshAsync(first, CancellationToken.None);

        Assert.Equal("tok2", second.Auth);
        Assert.Same(second, third);
    }

    [Fact]
    public async Task A_failed_question_is_asked_again()
    {
        var asked = 0;
        var connections = new MediaConnections((_, _) => Task.FromResult(++asked == 1 ? new Node("iq") : Answer("tok", "300", "300", ("a.net", null))), _time);

        await Assert.ThrowsAsync<MediaConnectionException>(() => connections.GetAsync(CancellationToken.None));
        Assert.Equal("tok", (await connections.GetAsync(CancellationToken.None)).Auth);
    }

    private static Node Answer(string? auth, string ttl, string authTtl, params (string Name, string? Type)[] hosts) => new("iq", [("type", "result")],
        [new Node("media_conn", [("auth", auth), ("ttl", ttl), ("auth_ttl", authTtl), ("max_buckets", "12")],
            [.. hosts.Select(host => new Node("host", ("hostname", host.Name), ("type", host.Type)))])]);
}
