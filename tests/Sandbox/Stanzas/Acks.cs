using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>Acknowledgements both ways (wire/01 §10).</summary>
internal static class Acks
{
    /// <summary><c>&lt;ack class id from t [participant] …/&gt;</c> for a stanza of a device.</summary>
    public static Node Of(Node stanza, string @class, string now, string? error = null, string? phash = null) => new("ack",
        ("class", @class), ("id", stanza["id"]), ("from", stanza["to"]), ("t", now), ("participant", stanza["participant"]), ("phash", phash), ("error", error));

    /// <summary>A device acknowledges a delivery: it leaves the queue.</summary>
    public static void Handle(SandboxServer server, DeviceSession session, Node ack)
    {
        var @class = ack["class"] switch
        {
            "message" => DeliveryClass.Message,
            "receipt" => DeliveryClass.Receipt,
            "notification" => DeliveryClass.Notification,
            "call" => (DeliveryClass?)DeliveryClass.Call,
            _ => null,
        };
        if (@class is null || ack["id"] is not { Length: > 0 } id)
        {
            server.Stats.Violation($"ack of {session.Device.Phone} without a known class or id");
            return;
        }
        if (@class == DeliveryClass.Receipt && ack["type"] == "delivery")
        {
            // The real server ends the stream for this (wire/01 §10).
            server.Stats.Violation($"{session.Device.Phone} invented type=\"delivery\" in an ack");
            session.Link.Close(new Node("stream:error", [], [new Node("ack", ("class", "receipt"), ("id", id), ("type", "delivery"))]));
            return;
        }
        // A group's notifications come from the server, whoever they name.
        var fromServer = @class == DeliveryClass.Notification && ack.JidOf("to") is { IsGroup: true };
        server.Postbox.Acknowledged(session.Device, @class.Value, id, fromServer ? null : StanzaRouter.OriginOf(server, ack));
    }
}
