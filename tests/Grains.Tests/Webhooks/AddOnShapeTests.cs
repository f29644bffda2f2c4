using System.Text;
using System.Text.Json;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Tests.Webhooks;

/// <summary><c>data</c> of votes, answers, pins, deletions and what only some messages have (rest-api part C).</summary>
public sealed class AddOnShapeTests
{
    private static readonly Jid Ana = Jid.Parse("5511900000001@s.whatsapp.net");
    private static readonly Jid Bia = Jid.Parse("5511900000002@s.whatsapp.net");
    private static readonly Jid BiaLid = Jid.Parse("900000000000002@lid");

    private static void AssertData(string name, string expected, DeviceEvent told)
    {
        Assert.Equal(name, EventBodies.NameOf(told));
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            EventBodies.Write(json, told);
            json.WriteEndObject();
        }
        var (left, right) = (JsonDocument.Parse(expected).RootElement, JsonDocument.Parse(stream.ToArray()).RootElement);
        Assert.True(JsonElement.DeepEquals(left, right), Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void Poll_vote() => AssertData("poll.vote", """
        { "pollMessageId": "P1", "messageId": "V1", "chatId": "5511900000002@s.whatsapp.net", "voter": "5511900000002@s.whatsapp.net", "phoneNumber": "5511900000002",
          "lid": "900000000000002@lid", "fromMe": false, "source": "app", "readable": true, "pollName": "Lunch?", "selectedOptions": ["Pizza"],
          "results": [{ "name": "Pizza", "voters": ["5511900000002@s.whatsapp.net"] }, { "name": "Sushi", "voters": [] }], "at": 5, "clientRef": null }
        """, new PollVoted("P1", "V1", Bia, Bia, 5)
    {
        VoterPhone = Bia,
        VoterLid = BiaLid,
        Readable = true,
        PollName = "Lunch?",
        SelectedOptions = ["Pizza"],
        Results = [new PollResult("Pizza", [Bia]), new PollResult("Sushi", [])],
    });

    [Fact]
    public void Event_response() => AssertData("event.response", """
        { "eventMessageId": "E1", "messageId": "R1", "chatId": "5511900000002@s.whatsapp.net", "from": "5511900000002@s.whatsapp.net", "phoneNumber": null, "lid": null,
          "fromMe": false, "response": "not_going", "extraGuests": 0, "at": 5 }
        """, new EventAnswered("E1", "R1", Bia, Bia, "not_going", 5));

    [Fact]
    public void A_changed_timer() => AssertData("chat.update", """
        { "chatId": "5511900000002@s.whatsapp.net", "ephemeralExpiration": 604800, "by": "5511900000001@s.whatsapp.net", "fromMe": true, "at": 5 }
        """, new ChatTimerChanged(Bia, 604800, Ana, true, 5));

    [Theory, InlineData("pin", "message.pinned"), InlineData("keep", "message.kept")]
    public void Message_pinned_and_kept(string type, string name) => AssertData(name, """
        { "messageId": "T1", "messageFromMe": true, "chatId": "5511900000002@s.whatsapp.net", "from": "5511900000002@s.whatsapp.net", "fromMe": false,
          "phoneNumber": null, "lid": null, "value": true, "at": 5, "source": "app", "clientRef": null }
        """, new MessageArrived(new MessageInfo("M1", Bia, Bia, false, "app", type, 5) { Target = new TargetInfo("T1", true) { Value = true } }));

    [Fact]
    public void Message_deleted_carries_the_whole_message_when_it_is_known()
    {
        var previous = new MessageInfo("T1", Bia, Bia, false, "app", "text", 4) { Text = "oops", To = Ana };
        const string who = """
            "messageId": "T1", "chatId": "5511900000002@s.whatsapp.net", "from": "5511900000002@s.whatsapp.net", "fromMe": false, "phoneNumber": null, "lid": null,
            "by": "5511900000002@s.whatsapp.net", "scope": "everyone", "at": 5, "source": "app", "clientRef": null
            """;
        MessageArrived Deleted(MessageInfo? before) => new(new MessageInfo("M1", Bia, Bia, false, "app", "revoked", 5) { Target = new TargetInfo("T1", false) { Previous = before } });
        AssertData("message.deleted", $$"""
            { {{who}}, "previous": { "messageId": "T1", "chatId": "5511900000002@s.whatsapp.net", "from": "5511900000002@s.whatsapp.net", "to": "5511900000001@s.whatsapp.net",
              "fromMe": false, "phoneNumber": null, "lid": null, "participant": null, "participantPhone": null, "isGroup": false, "pushName": null, "source": "app", "timestamp": 4,
              "type": "text", "text": "oops", "mentions": [], "isForwarded": false, "forwardScore": 0, "ephemeralExpiration": 0, "clientRef": null, "offline": false, "history": false } }
            """, Deleted(previous));
        AssertData("message.deleted", $$"""{ {{who}}, "previous": null }""", Deleted(null));
    }

    [Fact]
    public void What_only_some_messages_have() => AssertData("message.received", """
        { "messageId": "M1", "chatId": "5511900000002@s.whatsapp.net", "from": "5511900000002@s.whatsapp.net", "to": null, "fromMe": false, "phoneNumber": null, "lid": null,
          "participant": null, "participantPhone": null, "isGroup": false, "pushName": null, "source": "app", "timestamp": 5, "type": "unsupported", "subtype": "kind", "text": null,
          "reply": { "id": "r", "title": "t", "description": null },
          "adReferral": { "sourceUrl": "u", "sourceId": "s", "sourceType": "ad", "title": "t", "body": "b", "ctwaClid": "c" },
          "event": { "name": "n", "description": null, "startsAt": 1, "endsAt": null, "joinLink": null, "canceled": false,
                     "location": { "latitude": 1, "longitude": 2, "name": null, "address": null, "url": null } },
          "product": { "id": "p", "title": null, "description": null, "currency": "BRL", "price": 9.9, "retailerId": null, "url": null, "seller": "5511900000001@s.whatsapp.net" },
          "order": { "id": "o", "token": null, "title": null, "items": 2, "currency": null, "total": null, "seller": null },
          "groupInvite": { "groupId": "120363000000000001@g.us", "name": "g", "code": "c", "expiresAt": 7 },
          "mentions": [], "isForwarded": false, "forwardScore": 0, "ephemeralExpiration": 0, "clientRef": null, "offline": false, "history": false }
        """, new MessageArrived(new MessageInfo("M1", Bia, Bia, false, "app", "unsupported", 5)
    {
        Subtype = "kind",
        Reply = new ReplyInfo("r", "t", null),
        AdReferral = new AdReferralInfo("u", "s", "t", "b", "c") { SourceType = "ad" },
        Event = new EventInfo("n", null, 1, null, null, false) { Location = new LocationInfo(1, 2, null, null, null) },
        Product = new ProductInfo("p", null, null, "BRL", 9.9m, null, null, Ana),
        Order = new OrderInfo("o", null, null, 2, null, null, null),
        GroupInvite = new GroupInviteInfo(Jid.Parse("120363000000000001@g.us"), "g", "c", 7),
    }));

    [Fact]
    public void A_failure_says_until_when() => AssertData("message.failed", """
        { "messageId": "A", "chatId": "5511900000002@s.whatsapp.net", "code": "reachout-timelock", "nack": 463, "until": "2025-11-22T15:30:00Z", "clientRef": null }
        """, new MessageFailed("A", Bia, "reachout-timelock", 463, null) { Until = DateTimeOffset.FromUnixTimeSeconds(1763825400) });
}
