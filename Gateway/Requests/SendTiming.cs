using System.Globalization;
using System.Text.RegularExpressions;
using WhatsApp.Grains.Abstractions.Chats;

namespace WhatsApp.Gateway.Requests;

/// <summary>When a message leaves (rest-api part B, "common send fields").</summary>
/// <param name="Delay">Typing is shown this long first.</param>
/// <param name="Typing">What is shown; null = nothing.</param>
/// <param name="SendAt">Not before, or null.</param>
/// <param name="Priority">0 first … 9 last.</param>
internal sealed partial record SendTiming(TimeSpan Delay, ChatTyping? Typing, DateTimeOffset? SendAt, int Priority)
{
    private const int MaxDelay = 60_000;
    private static readonly TimeSpan Furthest = TimeSpan.FromDays(30);

    /// <summary>Reads delay, presence, sendAt and priority; what is wrong is noted in the body.</summary>
    public static SendTiming Read(JsonBody body, bool queue, HttpContext context)
    {
        var delay = body.Number("delay", 0, MaxDelay, 0);
        var shown = body.Find("presence") is null ? "composing" : body.OneOf("presence", "composing", "recording", "none");
        var sendAt = SendAtOf(body, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
        if (sendAt is not null && delay > 0)
            body.Fail<string>("delay", "not-allowed", "cannot be given together with sendAt");
        if (sendAt is not null && !queue)
            body.Fail<string>("sendAt", "not-allowed", "needs the queue");
        return new SendTiming(TimeSpan.FromMilliseconds(delay), delay == 0 ? null : shown switch
        {
            "composing" => ChatTyping.Composing,
            "recording" => ChatTyping.Recording,
            _ => null,
        }, sendAt, body.Number("priority", 0, 9, 5));
    }

    private static DateTimeOffset? SendAtOf(JsonBody body, DateTimeOffset now)
    {
        if (body.Text("sendAt", 64) is not { } text)
            return null;
        if (!Rfc3339().IsMatch(text) || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at))
            body.Fail<string>("sendAt", "invalid-format", "must be a time with zone, such as 2026-11-22T15:30:00Z");
        else if (at - now > Furthest)
            body.Fail<string>("sendAt", "out-of-range", "must be within 30 days");
        else
            return at.ToUniversalTime();
        return null;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rfc3339();
}
