using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Webhooks;

/// <summary>
/// The JSON around every event (rest-api part C "Envelope"):
/// <c>{ id, event, instanceId, sequence, timestamp, apiVersion, metadata, me, data }</c>. Bytes are made once; every retry sends the same.
/// </summary>
public static class EventEnvelope
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Builds the body.</summary>
    /// <param name="context">The instance's own part.</param>
    /// <param name="eventId">evt_ + ULID.</param>
    /// <param name="eventName">e.g. message.received.</param>
    /// <param name="sequence">Order within the instance.</param>
    /// <param name="timestamp">Milliseconds since the Unix epoch.</param>
    /// <param name="data">Writes the members of <c>data</c>.</param>
    public static byte[] Build(EventContext context, string eventId, string eventName, long sequence, long timestamp, Action<Utf8JsonWriter> data)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("id", eventId);
            json.WriteString("event", eventName);
            json.WriteString("instanceId", context.InstanceId);
            json.WriteNumber("sequence", sequence);
            json.WriteNumber("timestamp", timestamp);
            json.WriteString("apiVersion", "1");
            json.WriteStartObject("metadata");
            foreach (var (key, value) in context.Metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            WriteMe(json, context);
            json.WriteStartObject("data");
            data(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMe(Utf8JsonWriter json, EventContext context)
    {
        if (context.Jid is null)
        {
            json.WriteNull("me");
            return;
        }
        json.WriteStartObject("me");
        json.WriteJid("jid", context.Jid);
        json.WriteJid("lid", context.Lid);
        json.WritePhone("phoneNumber", context.Jid);
        json.WriteEndObject();
    }
}

/// <summary>Addresses as JSON members.</summary>
internal static class JidJson
{
    /// <summary>The account's text form, or null.</summary>
    public static void WriteJid(this Utf8JsonWriter json, string name, Jid? jid) => json.WriteString(name, jid?.ToAccount().ToString());

    /// <summary>Digits of a phone-number account, or null: never a name, never a LID.</summary>
    public static void WritePhone(this Utf8JsonWriter json, string name, Jid? jid) =>
        json.WriteString(name, jid is { IsPhone: true } phone ? phone.User : null);
}
