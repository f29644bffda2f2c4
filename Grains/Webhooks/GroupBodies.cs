using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary><c>data</c> of group.join, group.leave, group.participants and group.update (rest-api part C).</summary>
internal static class GroupBodies
{
    /// <summary>The webhook name, or null for other events.</summary>
    public static string? NameOf(DeviceEvent deviceEvent) => deviceEvent switch
    {
        GroupJoined => "group.join",
        GroupLeft => "group.leave",
        GroupParticipantsChanged => "group.participants",
        GroupUpdated => "group.update",
        _ => null,
    };

    /// <summary>Writes the members.</summary>
    public static void Write(Utf8JsonWriter json, DeviceEvent deviceEvent)
    {
        switch (deviceEvent)
        {
            case GroupJoined joined:
                WriteHead(json, joined.Group, joined.Subject, joined.By, joined.At);
                json.WriteString("reason", joined.Reason);
                break;
            case GroupLeft left:
                WriteHead(json, left.Group, left.Subject, left.By, left.At);
                json.WriteString("reason", left.Reason);
                break;
            case GroupParticipantsChanged changed:
                WriteHead(json, changed.Group, changed.Subject, changed.By, changed.At);
                json.WriteString("action", changed.Action);
                json.WriteString("reason", changed.Reason);
                json.WriteStartArray("participants");
                foreach (var person in changed.Participants)
                    WritePerson(json, person);
                json.WriteEndArray();
                break;
            case GroupUpdated updated:
                WriteHead(json, updated.Group, updated.Subject, updated.By, updated.At);
                json.WriteStartObject("changed");
                foreach (var field in updated.Changed)
                    WriteField(json, field);
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteHead(Utf8JsonWriter json, Jid group, string? subject, GroupPerson? by, long at)
    {
        json.WriteJid("groupId", group);
        json.WriteString("subject", subject);
        if (by is { } person)
        {
            json.WritePropertyName("by");
            WritePerson(json, person);
        }
        else
            json.WriteNull("by");
        json.WriteNumber("at", at);
    }

    private static void WritePerson(Utf8JsonWriter json, GroupPerson person)
    {
        json.WriteStartObject();
        json.WriteJid("jid", person.Jid);
        json.WriteJid("lid", person.Lid);
        json.WritePhone("phoneNumber", person.Phone);
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, GroupField field)
    {
        if (field.On is { } on)
            json.WriteBoolean(field.Name, on);
        else if (field.Number is { } number)
            json.WriteNumber(field.Name, number);
        else
            json.WriteString(field.Name, field.Text);
    }
}
