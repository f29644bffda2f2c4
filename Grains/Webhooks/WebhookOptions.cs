namespace WhatsApp.Grains.Webhooks;

/// <summary>Limits of webhook delivery.</summary>
public sealed class WebhookOptions
{
    /// <summary>A receiver must answer within this time (rest-api part C).</summary>
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>On shutdown a post under way gets this long to end by itself: cut off, it would be made again at the next start.</summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(2);
}
