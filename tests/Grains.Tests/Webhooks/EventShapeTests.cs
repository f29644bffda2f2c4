using System.Text.Json;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Webhooks;

/// <summary>The JSON of every event, member by member: callers build on it.</summary>
public sealed class EventShapeTests
{
    private static readonly Jid Ana = Jid.Parse("5511900000001:7@s.whatsapp.net");
    private static readonly Jid AnaLid = Jid.Parse("900000000000001:7@lid");
    private static readonly Jid Bia = Jid.Parse("5511900000002@s.whatsapp.net");
    private static readonly Jid BiaLid = Jid.Parse("900000000000002@lid");
    private static readonly EventContext Context = new("my-instance", new Dictionary<string, string> { ["customerId"] = "42" }, Ana, AnaLid);

    private static JsonElement Envelope(DeviceEvent deviceEvent, EventContext? context = null) => JsonElement.Parse(
        EventEnvelope.Build(context ?? Context, "evt_1", EventBodies.NameOf(deviceEvent)!, 4711, 1763825400123, json => EventBodies.Write(json, deviceEvent)));

    private static void AssertData(string name, string json, DeviceEvent deviceEvent)
    {
        var envelope = Envelope(deviceEvent);
        Assert.Equal(name, envelope.GetProperty("event").GetString());
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(json), envelope.GetProperty("data")), envelope.GetProperty("data").ToString());
    }

    [Fact]
    public void The_envelope_names_event_instance_sequence_and_account()
    {
        var envelope = Envelope(new LidMapped(Bia, BiaLid));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""
            { "id": "evt_1", "event": "lid.mapped", "instanceId": "my-instance", "sequence": 4711, "timestamp": 1763825400123, "apiVersion": "1",
              "metadata": { "customerId": "42" },
              "me": { "jid": "5511900000001@s.whatsapp.net", "lid": "900000000000001@lid", "phoneNumber": "5511900000001" },
              "data": { "lid": "900000000000002@lid", "phoneNumber": "5511900000002" } }
            """), envelope), envelope.ToString());
        Assert.Equal(JsonValueKind.Null, Envelope(new LidMapped(Bia, BiaLid), Context with { Jid = null, Lid = null }).GetProperty("me").ValueKind);
    }

    [Fact]
    public void Connection_open() => AssertData("connection.open", """
        { "status": "open", "phoneNumber": "5511900000001", "jid": "5511900000001@s.whatsapp.net", "lid": "900000000000001@lid", "pushName": "Ana",
          "platform": "android", "isNewLogin": false, "resumed": true }
        """, new ConnectionOpened(Ana, AnaLid, "Ana", "android", IsNewLogin: false, Resumed: true));

    [Fact]
    public void Connection_close_for_good() => AssertData("connection.close", """
        { "status": "closed", "reason": "logged_out", "code": 401, "detail": "device_removed", "willReconnect": false, "retryInMs": null, "credentialsKept": false }
        """, new ConnectionClosed("logged_out", 401, "device_removed", WillReconnect: false, null, CredentialsKept: false));

    [Fact]
    public void Connection_close_that_reconnects() => AssertData("connection.close", """
        { "status": "reconnecting", "reason": "connection_lost", "code": 0, "detail": null, "willReconnect": true, "retryInMs": 1500, "credentialsKept": true }
        """, new ConnectionClosed("connection_lost", 0, null, WillReconnect: true, TimeSpan.FromSeconds(1.5), CredentialsKept: true));

    [Fact]
    public void Qr_update()
    {
        var data = Envelope(new QrUpdated("2@abc", 1, 6, DateTimeOffset.FromUnixTimeSeconds(1763825400))).GetProperty("data");
        Assert.Equal("2@abc", data.GetProperty("qr").GetString());
        Assert.StartsWith("data:image/png;base64,iVBORw0KGgo", data.GetProperty("base64").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, data.GetProperty("pairingCode").ValueKind);
        Assert.Equal((1, 6), (data.GetProperty("attempt").GetInt32(), data.GetProperty("maxAttempts").GetInt32()));
        Assert.Equal("2025-11-22T15:30:00Z", data.GetProperty("expiresAt").GetString());
    }

    [Fact]
    public void Message_received_with_everything() => AssertData("message.received", """
        { "messageId": "3EB0", "chatId": "5511900000002@s.whatsapp.net", "from": "5511900000002@s.whatsapp.net", "to": "5511900000001@s.whatsapp.net",
          "fromMe": false, "phoneNumber": "5511900000002", "lid": "900000000000002@lid", "participant": null, "participantPhone": null, "isGroup": false,
          "pushName": "Bia", "source": "phone", "timestamp": 1763825399, "type": "text", "text": "Oi <b>\"ção\" 🎉",
          "quoted": { "messageId": "Q1", "participant": "5511900000001@s.whatsapp.net", "fromMe": true, "type": "text", "text": "antes" },
          "mentions": ["5511900000001@s.whatsapp.net"], "isForwarded": true, "forwardScore": 2, "ephemeralExpiration": 86400, "clientRef": null,
          "offline": true, "history": false, "raw": "AQID" }
        """, new MessageArrived(new MessageInfo("3EB0", Bia, Bia, false, "phone", "text", 1763825399)
    {
        FromPhone = Bia,
        FromLid = BiaLid,
        To = Ana,
        PushName = "Bia",
        Text = "Oi <b>\"ção\" 🎉",
        Quoted = new QuotedInfo("Q1", Ana, true, "text", "antes"),
        Mentions = [Ana],
        ForwardScore = 2,
        EphemeralExpiration = 86400,
        Offline = true,
        Raw = [1, 2, 3],
    }));

    [Fact]
    public void Message_sent_from_here_tells_the_callers_reference_and_never_takes_a_lid_for_a_phone()
    {
        var sent = Envelope(new MessageArrived(new MessageInfo("3EB0", BiaLid, AnaLid, true, "api", "text", 1) { To = BiaLid, FromLid = AnaLid, ClientRef = "order-991", Text = "x" }));
        Assert.Equal("message.sent", sent.GetProperty("event").GetString());
        var data = sent.GetProperty("data");
        Assert.Equal("order-991", data.GetProperty("clientRef").GetString());
        Assert.Equal("900000000000002@lid", data.GetProperty("chatId").GetString());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("phoneNumber").ValueKind);
        Assert.False(data.TryGetProperty("quoted", out _));
        Assert.False(data.TryGetProperty("raw", out _));
    }

    [Fact]
    public void Message_in_a_group_names_its_author()
    {
        var group = Jid.Parse("120363000000000001@g.us");
        var data = Envelope(new MessageArrived(new MessageInfo("3EB0", group, Bia, false, "phone", "text", 1) { Participant = Bia, FromPhone = Bia })).GetProperty("data");
        Assert.True(data.GetProperty("isGroup").GetBoolean());
        Assert.Equal(("5511900000002@s.whatsapp.net", "5511900000002"), (data.GetProperty("participant").GetString(), data.GetProperty("participantPhone").GetString()));
    }

    [Theory]
    [InlineData(MessageStatus.ServerAck, "server_ack", 1)]
    [InlineData(MessageStatus.Delivered, "delivered", 2)]
    [InlineData(MessageStatus.Read, "read", 3)]
    [InlineData(MessageStatus.Played, "played", 4)]
    public void Message_ack(MessageStatus status, string name, int code) => AssertData("message.ack", $$"""
        { "messageIds": ["A", "B"], "chatId": "5511900000002@s.whatsapp.net", "status": "{{name}}", "statusCode": {{code}}, "participant": null, "at": 5, "clientRef": "r" }
        """, new MessageAcked(["A", "B"], Bia, status, null, 5, "r"));

    [Fact]
    public void Message_failed() => AssertData("message.failed", """
        { "messageId": "A", "chatId": "5511900000002@s.whatsapp.net", "code": "reachout-timelock", "nack": 463, "until": null, "clientRef": null }
        """, new MessageFailed("A", Bia, "reachout-timelock", 463, null));

    [Fact]
    public void Message_undecryptable() => AssertData("message.undecryptable", """
        { "messageId": "A", "chatId": "5511900000002@s.whatsapp.net", "from": "5511900000002@s.whatsapp.net", "retry": { "attempt": 1, "max": 5 }, "recovered": false }
        """, new MessageUndecryptable("A", Bia, Bia, 1, 5));
}
