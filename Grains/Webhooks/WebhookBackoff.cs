using WhatsApp.Grains.Abstractions.Webhooks;

namespace WhatsApp.Grains.Webhooks;

/// <summary>When a failed delivery is tried again (rest-api part C: 2 s … 15 min with jitter, 72 h in all). Pure.</summary>
public static class WebhookBackoff
{
    /// <summary>After this age an event is given up when the policy names no attempt limit.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(72);

    /// <summary>The pause before the next try.</summary>
    /// <param name="policy">exponential, linear or constant.</param>
    /// <param name="attempts">Tries so far, at least 1.</param>
    /// <param name="jitter">0 … 1; the pause is spread over 80 … 120 %.</param>
    /// <param name="retryAfter">What the receiver asked for; the longer one wins, 1 h at most.</param>
    public static TimeSpan Delay(WebhookRetryPolicy policy, int attempts, double jitter, TimeSpan? retryAfter = null)
    {
        var seconds = policy.Policy switch
        {
            "constant" => policy.InitialDelaySeconds,
            "linear" => (double)policy.InitialDelaySeconds * attempts,
            _ => policy.InitialDelaySeconds * Math.Pow(2, Math.Min(attempts - 1, 30)),
        };
        var delay = TimeSpan.FromSeconds(Math.Min(seconds, policy.MaxDelaySeconds) * (0.8 + 0.4 * jitter));
        var asked = TimeSpan.FromSeconds(Math.Clamp(retryAfter?.TotalSeconds ?? 0, 0, 3600));
        return asked > delay ? asked : delay;
    }

    /// <summary>True when no further try is due.</summary>
    public static bool IsExhausted(WebhookRetryPolicy policy, int attempts, TimeSpan age) =>
        policy.MaxAttempts > 0 ? attempts >= policy.MaxAttempts : age > MaxAge;
}
