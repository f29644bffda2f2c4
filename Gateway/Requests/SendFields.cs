using System.Text.Json;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Requests;

/// <summary>The fields that every send shares (rest-api part B, "common send fields"), with the field's habits as aliases.</summary>
internal static class SendFields
{
    private const int MaxMentions = 1024;
    private const int MaxMessageId = 128;
    private static readonly int[] Timers = [0, 86_400, 604_800, 7_776_000];

    /// <summary>Reads them and refuses the body if any field was wrong; content must have been read before.</summary>
    /// <param name="body">The request.</param>
    /// <param name="to">The recipient as given, or null when the content names the chat.</param>
    /// <param name="content">Read before.</param>
    /// <param name="context">For the idempotency key.</param>
    public static SendRequest Finish(JsonBody body, string? to, SendContent content, HttpContext context)
    {
        var messageId = body.Text("messageId", 40);
        if (messageId is not null && !(messageId.Length >= 16 && messageId.All(c => c is (>= '0' and <= '9') or (>= 'A' and <= 'F'))))
            body.Fail<string>("messageId", "invalid-format", "must match ^[A-F0-9]{16,40}$");
        var timer = body.Number("ephemeralExpiration", 0, Timers[^1], 0);
        if (!Timers.Contains(timer))
            body.Fail<string>("ephemeralExpiration", "out-of-range", "must be 0, 86400, 604800 or 7776000");
        var everyone = MentionsEveryone(body);
        if (everyone && (to is null || !Address.TryGroup(to, out _)))
            body.Fail<string>("mentions", "invalid-value", "everyone can be mentioned in groups only");
        var (clientRef, quoted, mentions) = (body.Text("clientRef", 128), Quoted(body), everyone ? [] : Mentions(body));
        var (queue, later) = (body.Flag("queue", true), body.Flag("async", false));
        var timing = SendTiming.Read(body, queue, context);
        body.Finish();
        return new SendRequest(to is null ? null : Recipient.Parse(to), content)
        {
            // A repeat under the same idempotency key after a crash names the same message: it cannot be sent twice.
            MessageId = messageId ?? Idempotency.MessageIdOf(context),
            ClientRef = clientRef,
            Queue = queue,
            Async = later,
            Quoted = quoted,
            Mentions = [.. mentions.Select(Account)],
            MentionsAll = everyone,
            EphemeralExpiration = timer,
            Delay = timing.Delay,
            Typing = timing.Typing,
            SendAt = timing.SendAt,
            Priority = timing.Priority,
        };
    }

    /// <summary>Names a message: an id, or <c>{id, participant, fromMe}</c>, or the same under <c>key</c>.</summary>
    public static MessagePointer? Pointer(JsonBody body, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString() is { Length: > 0 and <= MaxMessageId } id ? new MessagePointer(id)
                : body.Fail<MessagePointer>(name, "invalid-format", "must be a message id");
        if (value.ValueKind != JsonValueKind.Object)
            return body.Fail<MessagePointer>(name, "invalid-type", "must be a message id or an object with id");
        var inner = body.Nested(value, name);
        if (inner.Find("key") is { } key)
            return Pointer(inner, "key", key);
        var author = inner.Text("participant", 128);
        return new MessagePointer(inner.RequiredText("id", MaxMessageId), author is null ? null : Account(author),
            inner.Find("fromMe") is null ? null : inner.Flag("fromMe", false));
    }

    private static MessagePointer? Quoted(JsonBody body)
    {
        foreach (var name in (ReadOnlySpan<string>)["quoted", "quotedMessageId", "reply_to"])
            if (body.Find(name) is { } value)
                return Pointer(body, name, value);
        return null;
    }

    private static bool MentionsEveryone(JsonBody body) =>
        body.Flag("mentionsEveryOne", false) || (body.Find("mentions") is { ValueKind: JsonValueKind.String } word && word.GetString() == "all");

    private static IReadOnlyList<string> Mentions(JsonBody body)
    {
        return body.TextList(body.Find("mentions") is null ? "mentioned" : "mentions", MaxMentions, 128);
    }

    private static string Account(string text)
    {
        var jid = Recipient.Parse(text);
        return jid.EndsWith("@s.whatsapp.net", StringComparison.Ordinal) || jid.EndsWith("@lid", StringComparison.Ordinal)
            ? jid
            : throw new ProblemException("validation-failed", "only persons can be named", [new FieldError("/mentions", "invalid-format", "must be phone numbers or user addresses")]);
    }
}
