using System.Text.Json;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary>call.* (rest-api part C). Pure.</summary>
internal static class CallBody
{
    /// <summary>The webhook name.</summary>
    public static string NameOf(CallChanged call) => call.State switch
    {
        CallState.Received => "call.received",
        CallState.Accepted => "call.accepted",
        CallState.Rejected => "call.rejected",
        _ => "call.ended",
    };

    /// <summary>Writes the members of <c>data</c>.</summary>
    public static void Write(Utf8JsonWriter json, CallChanged call)
    {
        json.WriteString("callId", call.CallId);
        json.WriteJid("from", call.From);
        json.WritePhone("phoneNumber", call.Phone);
        json.WriteBoolean("isVideo", call.IsVideo);
        json.WriteBoolean("isGroup", call.IsGroup);
        json.WriteJid("groupId", call.Group);
        json.WriteBoolean("autoRejected", call.AutoRejected);
        json.WriteNumber("at", call.At);
    }
}
