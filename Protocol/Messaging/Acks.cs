using System.Globalization;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Acks for what the server sent (wire/04 §10.4).
/// <code>&lt;ack class="message|receipt|notification" id to type? participant? recipient? from? error?/&gt;</code>
/// </summary>
internal static class Acks
{
    /// <summary>The stanza is not a stanza of its kind.</summary>
    public const int ParsingError = 487;
    /// <summary>The decrypted protobuf cannot be read.</summary>
    public const int InvalidProtobuf = 491;
    /// <summary>A bot reply whose prompt we do not have.</summary>
    public const int MissingSecret = 495;
    /// <summary>Not handled; also beside a retry receipt.</summary>
    public const int Unhandled = 500;

    /// <summary>For a message that gets no plain receipt. <paramref name="own"/> is our own device.</summary>
    public static Node Message(Node message, Jid own, int? error = null) =>
        new("ack", ("class", "message"), ("id", message["id"]), ("to", message["from"]), ("participant", message["participant"]),
            ("recipient", message["recipient"]), ("from", own.ToString()), ("error", error?.ToString(CultureInfo.InvariantCulture)));

    /// <summary>For a receipt: participant only when it differs from <c>from</c>.</summary>
    public static Node Receipt(Node receipt) =>
        new("ack", ("class", "receipt"), ("id", receipt["id"]), ("to", receipt["from"]), ("type", receipt["type"]),
            ("participant", receipt["participant"] == receipt["from"] || receipt["type"] == "server-error" ? null : receipt["participant"]));

    /// <summary>For a notification: without type for <c>encrypt</c> and <c>devices</c>, with participant for groups.</summary>
    public static Node Notification(Node notification) =>
        new("ack", ("class", "notification"), ("id", notification["id"]), ("to", notification["from"]),
            ("participant", notification["type"] == "w:gp2" ? notification["participant"] : null),
            ("type", notification["type"] is "encrypt" or "devices" ? null : notification["type"]));
}
