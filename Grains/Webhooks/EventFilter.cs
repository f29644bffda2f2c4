namespace WhatsApp.Grains.Webhooks;

/// <summary>Which events an endpoint asked for (rest-api part C, defaults and wildcards). Pure.</summary>
public static class EventFilter
{
    private static readonly HashSet<string> Defaults = new(StringComparer.Ordinal)
    {
        "connection.open", "connection.close", "qr.update", "message.received", "message.sent",
        "message.ack", "message.failed", "message.edited", "message.deleted", "message.reaction", "message.undecryptable", "instance.logout",
    };

    private static readonly HashSet<string> OnlyByName = new(StringComparer.Ordinal) { "status.received", "history.sync" };

    /// <summary>True when an endpoint with this list takes the event.</summary>
    /// <param name="wanted">Names, <c>*</c> and <c>message.*</c> forms; empty = the defaults.</param>
    /// <param name="eventName">e.g. message.received.</param>
    public static bool Wants(IReadOnlyList<string> wanted, string eventName)
    {
        if (wanted.Count == 0)
            return Defaults.Contains(eventName);
        foreach (var pattern in wanted)
        {
            if (pattern == eventName)
                return true;
            if (pattern == "*" && !OnlyByName.Contains(eventName))
                return true;
            if (pattern.EndsWith(".*", StringComparison.Ordinal) && eventName.StartsWith(pattern[..^1], StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
