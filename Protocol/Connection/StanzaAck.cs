using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// Acknowledgements (wire/01 §10): one per message, receipt, notification and call, after it was durably handled.
/// <code>&lt;ack id class to [participant] [recipient] [type] [from] [error]/&gt;</code>
/// </summary>
public static class StanzaAck
{
    /// <summary>"Unhandled": the stanza could not be processed for a reason of ours.</summary>
    public const int Unhandled = 500;

    /// <summary>True for the stanzas that must be acknowledged.</summary>
    public static bool Wants(Node stanza) =>
        stanza.Tag is "message" or "receipt" or "notification" or "call" && stanza["id"] is not null && stanza["from"] is not null;

    /// <summary>The acknowledgement of a stanza, as the table of wire/01 §10 says for its tag.</summary>
    /// <param name="stanza">The stanza received.</param>
    /// <param name="self">Own device address, named when acknowledging messages.</param>
    /// <param name="error">Refusal code; null = accepted.</param>
    public static Node Of(Node stanza, Jid? self, int? error = null)
    {
        var from = stanza["from"];
        var participant = stanza["participant"];
        return new Node("ack",
            ("id", stanza["id"]), ("class", stanza.Tag), ("to", from),
            ("participant", stanza.Tag == "receipt" && participant == from ? null : participant),
            ("recipient", stanza["recipient"]),
            ("type", TypeOf(stanza, error)),
            ("from", stanza.Tag == "message" ? self?.ToString() : null),
            ("error", error?.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static string? TypeOf(Node stanza, int? error) => stanza.Tag switch
    {
        "message" => error is not null || stanza.JidOf("from")?.Server == Jid.NewsletterServer ? stanza["type"] : null,
        "notification" => stanza["type"] is "encrypt" or "devices" ? null : stanza["type"],
        "call" => stanza.Children.Count > 0 ? stanza.Children[0].Tag : stanza["type"],
        // A receipt's type is copied only if there is one: an invented type ends the stream.
        _ => stanza["type"],
    };
}
