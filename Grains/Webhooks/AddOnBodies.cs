using System.Text.Json;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary><c>data</c> of poll.vote, event.response and the timer's chat.update (rest-api part C).</summary>
internal static class AddOnBodies
{
    /// <summary>poll.vote. <c>readable</c> false = the poll is not known here, so the vote has no names and there are no results.</summary>
    public static void Write(Utf8JsonWriter json, PollVoted vote)
    {
        json.WriteString("pollMessageId", vote.PollMessageId);
        json.WriteString("messageId", vote.MessageId);
        json.WriteJid("chatId", vote.Chat);
        json.WriteJid("voter", vote.Voter);
        json.WritePhone("phoneNumber", vote.VoterPhone);
        json.WriteJid("lid", vote.VoterLid);
        json.WriteBoolean("fromMe", vote.FromMe);
        json.WriteString("source", vote.Source);
        json.WriteBoolean("readable", vote.Readable);
        json.WriteString("pollName", vote.PollName);
        json.WriteStartArray("selectedOptions");
        foreach (var option in vote.SelectedOptions)
            json.WriteStringValue(option);
        json.WriteEndArray();
        json.WriteStartArray("results");
        foreach (var result in vote.Results)
        {
            json.WriteStartObject();
            json.WriteString("name", result.Name);
            json.WriteStartArray("voters");
            foreach (var voter in result.Voters)
                json.WriteStringValue(voter.ToAccount().ToString());
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("at", vote.At);
        json.WriteString("clientRef", vote.ClientRef);
    }

    /// <summary>event.response.</summary>
    public static void Write(Utf8JsonWriter json, EventAnswered answer)
    {
        json.WriteString("eventMessageId", answer.EventMessageId);
        json.WriteString("messageId", answer.MessageId);
        json.WriteJid("chatId", answer.Chat);
        json.WriteJid("from", answer.From);
        json.WritePhone("phoneNumber", answer.FromPhone);
        json.WriteJid("lid", answer.FromLid);
        json.WriteBoolean("fromMe", answer.FromMe);
        json.WriteString("response", answer.Response);
        json.WriteNumber("extraGuests", answer.ExtraGuests);
        json.WriteNumber("at", answer.At);
    }

    /// <summary>chat.update with the one field that changed.</summary>
    public static void Write(Utf8JsonWriter json, ChatTimerChanged timer)
    {
        json.WriteJid("chatId", timer.Chat);
        json.WriteNumber("ephemeralExpiration", timer.Seconds);
        json.WriteJid("by", timer.By);
        json.WriteBoolean("fromMe", timer.FromMe);
        json.WriteNumber("at", timer.At);
    }
}
