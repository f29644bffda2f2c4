using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Tests.Connection;

public class ReconnectBackoffTests
{
    private static ReconnectBackoff WithoutJitter() => new(() => 0.5);

    [Fact]
    public void Pauses_grow_like_Fibonacci_up_to_a_quarter_of_an_hour()
    {
        var backoff = WithoutJitter();

        var seconds = Enumerable.Range(0, 20).Select(_ => (int)Math.Round(backoff.Next().TotalSeconds)).ToArray();

        Assert.Equal([1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 900, 900, 900, 900, 900], seconds);
    }

    [Theory]
    [InlineData(0.0, new[] { 0.5, 0.5, 1.8, 2.7 })]
    [InlineData(1.0, new[] { 1.5, 1.5, 2.2, 3.3 })]
    public void Jitter_spreads_the_first_pauses_widely_and_is_ten_percent_then(double random, double[] seconds)
    {
        var backoff = new ReconnectBackoff(() => random);
        Assert.All(seconds, expected => Assert.Equal(expected, backoff.Next().TotalSeconds, 3));
    }

    [Fact]
    public void Jitter_never_exceeds_the_longest_pause()
    {
        var backoff = new ReconnectBackoff(() => 1);

        Assert.All(Enumerable.Range(0, 30).Select(_ => backoff.Next()), pause => Assert.True(pause <= ReconnectBackoff.Longest));
    }

    [Fact]
    public void After_a_rate_limit_the_pause_is_thirty_times_as_long()
    {
        var backoff = WithoutJitter();

        Assert.Equal([30, 30, 60, 90], Enumerable.Range(0, 4).Select(_ => (int)Math.Round(backoff.NextLong().TotalSeconds)));
    }

    [Fact]
    public void A_reset_starts_again_at_one_second()
    {
        var backoff = WithoutJitter();
        for (var i = 0; i < 9; i++)
            backoff.Next();

        backoff.Reset();

        Assert.Equal(1, backoff.Next().TotalSeconds, 3);
    }
}
