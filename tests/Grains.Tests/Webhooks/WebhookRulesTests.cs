using System.Text.RegularExpressions;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Webhooks;

namespace WhatsApp.Grains.Tests.Webhooks;

/// <summary>The pure parts: backoff, filter, signature, ids.</summary>
public sealed class WebhookRulesTests
{
    [Theory]
    [InlineData("exponential", 1, 2)]
    [InlineData("exponential", 2, 4)]
    [InlineData("exponential", 9, 512)]
    [InlineData("exponential", 10, 900)]
    [InlineData("exponential", 1000, 900)]
    [InlineData("linear", 3, 6)]
    [InlineData("linear", 100_000, 900)]
    [InlineData("constant", 50, 2)]
    public void Pauses_grow_as_the_policy_says_up_to_the_cap(string policy, int attempts, double seconds) =>
        Assert.Equal(seconds, WebhookBackoff.Delay(new WebhookRetryPolicy { Policy = policy }, attempts, 0.5).TotalSeconds, 6);

    [Fact]
    public void Jitter_spreads_a_pause_over_a_fifth_each_way()
    {
        var policy = new WebhookRetryPolicy { Policy = "constant", InitialDelaySeconds = 100 };
        Assert.Equal(80, WebhookBackoff.Delay(policy, 1, 0).TotalSeconds, 6);
        Assert.Equal(120, WebhookBackoff.Delay(policy, 1, 1).TotalSeconds, 6);
    }

    [Fact]
    public void The_receivers_wish_wins_when_it_is_longer_and_at_most_an_hour()
    {
        var policy = new WebhookRetryPolicy { Policy = "constant", InitialDelaySeconds = 10 };
        Assert.Equal(60, WebhookBackoff.Delay(policy, 1, 0.5, TimeSpan.FromMinutes(1)).TotalSeconds);
        Assert.Equal(10, WebhookBackoff.Delay(policy, 1, 0.5, TimeSpan.FromSeconds(1)).TotalSeconds);
        Assert.Equal(10, WebhookBackoff.Delay(policy, 1, 0.5, TimeSpan.FromSeconds(-5)).TotalSeconds);
        Assert.Equal(3600, WebhookBackoff.Delay(policy, 1, 0.5, TimeSpan.FromDays(9)).TotalSeconds);
    }

    [Fact]
    public void Trying_ends_by_count_when_there_is_one_and_by_age_otherwise()
    {
        var limited = new WebhookRetryPolicy { MaxAttempts = 3 };
        Assert.False(WebhookBackoff.IsExhausted(limited, 2, TimeSpan.FromDays(30)));
        Assert.True(WebhookBackoff.IsExhausted(limited, 3, TimeSpan.Zero));
        Assert.False(WebhookBackoff.IsExhausted(new WebhookRetryPolicy(), 10_000, TimeSpan.FromHours(72)));
        Assert.True(WebhookBackoff.IsExhausted(new WebhookRetryPolicy(), 1, TimeSpan.FromHours(73)));
    }

    [Theory]
    [InlineData("", "message.received", true)]
    [InlineData("", "message.ack", true)]
    [InlineData("", "connection.close", true)]
    [InlineData("", "lid.mapped", false)]
    [InlineData("", "status.received", false)]
    [InlineData("*", "lid.mapped", true)]
    [InlineData("*", "status.received", false)]
    [InlineData("*", "history.sync", false)]
    [InlineData("*,status.received", "status.received", true)]
    [InlineData("message.*", "message.sent", true)]
    [InlineData("message.*", "messages.sent", false)]
    [InlineData("message.*", "connection.open", false)]
    [InlineData("message.sent", "message.received", false)]
    [InlineData("Message.Sent", "message.sent", false)]
    public void An_endpoint_takes_what_it_asked_for(string wanted, string name, bool takes) =>
        Assert.Equal(takes, EventFilter.Wants(wanted.Split(',', StringSplitOptions.RemoveEmptyEntries), name));

    [Fact]
    public void Signatures_match_published_values()
    {
        // Standard Webhooks' own example.
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            WebhookSignature.Standard("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"u8));
        // RFC 4231 test case 2.
        Assert.Equal("sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", WebhookSignature.Hub("Jefe", "what do ya want for nothing?"u8));
    }

    [Fact]
    public void Ids_sort_by_time_and_never_repeat()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => EventId.New(1_700_000_000_000)).ToHashSet();
        Assert.Equal(1000, ids.Count);
        Assert.All(ids, id => Assert.Matches(new Regex("^evt_01HF7YAT00[0-9A-HJKMNP-TV-Z]{16}$", RegexOptions.None, TimeSpan.FromSeconds(1)), id));
        Assert.True(string.CompareOrdinal(EventId.New(1_700_000_000_000), EventId.New(1_700_000_000_001)) < 0);
    }
}
