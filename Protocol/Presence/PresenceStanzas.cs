using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol.Presence;

/// <summary>
/// Presence and typing (wire/04 §15, wire/07 §9). Neither is acknowledged. Pure.
/// <code>
/// &lt;presence type="available|unavailable" name/&gt;   &lt;presence type="subscribe" to/&gt;   &lt;presence from type? last? count?/&gt;
/// &lt;chatstate to|from participant?&gt;&lt;composing media="audio"?/&gt; or &lt;paused/&gt;&lt;/chatstate&gt;
/// </code>
/// </summary>
internal static class PresenceStanzas
{
    /// <summary>Ours. The name is needed once, or others see a dash.</summary>
    public static Node Own(bool available, string? name) => new("presence", ("type", available ? "available" : "unavailable"), ("name", name));

    /// <summary>Asks for somebody's.</summary>
    public static Node Subscribe(Jid to, Node? token) => new("presence", [("type", "subscribe"), ("to", to.ToString())], token is null ? [] : [token]);

    /// <summary>What we do in a chat.</summary>
    public static Node Typing(Jid to, TypingState state) => new("chatstate", [("to", to.ToString())],
    [
        state switch
        {
            TypingState.Composing => new Node("composing"),
            TypingState.Recording => new Node("composing", ("media", "audio")),
            _ => new Node("paused"),
        },
    ]);

    /// <summary>What a stanza says, addresses as they came; null = nothing we know.</summary>
    public static PresenceChanged? Read(Node stanza) => stanza.JidOf("from") is { User.Length: > 0 } from && (from.IsUser || from.IsGroup)
        ? stanza.Tag == "chatstate" ? ReadTyping(stanza, from) : ReadPresence(stanza, from)
        : null;

    private static PresenceChanged? ReadPresence(Node stanza, Jid from)
    {
        if (stanza["type"] is not (null or "available" or "unavailable"))
            return null;
        // "deny", "none" and "error" stand where the time would.
        long? last = long.TryParse(stanza["last"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? seconds : null;
        int? count = int.TryParse(stanza["count"], NumberStyles.None, CultureInfo.InvariantCulture, out var online) ? online : null;
        var state = stanza["type"] == "unavailable" ? PresenceState.Unavailable : PresenceState.Available;
        return new PresenceChanged(from.ToAccount(), from.IsGroup ? null : from.ToAccount(), state, last, count);
    }

    private static PresenceChanged? ReadTyping(Node stanza, Jid from)
    {
        if (stanza.Children is not [var doing, ..] || (from.IsGroup ? stanza.JidOf("participant") : from) is not { IsUser: true } who)
            return null;
        PresenceState? state = doing.Tag switch
        {
            "composing" => doing["media"] == "audio" ? PresenceState.Recording : PresenceState.Composing,
            "paused" => PresenceState.Paused,
            _ => null,
        };
        return state is { } known ? new PresenceChanged(from.ToAccount(), who.ToAccount(), known, null, null) : null;
    }
}
