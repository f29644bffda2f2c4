using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Messaging;

/// <summary>What to do about a refused message.</summary>
internal enum NackAction
{
    /// <summary>Over: tell the caller.</summary>
    Fail,
    /// <summary>Our device list or sessions are stale: rebuild with fresh ones, once.</summary>
    Rebuild,
    /// <summary>The server is busy: the same again after a pause.</summary>
    RetryLater,
}

/// <summary>
/// The server's answer to our message (wire/04 §5).
/// <code>&lt;ack class="message" id from t [phash] [refresh_lid="true"] [error="NNN"]/&gt;</code>
/// </summary>
internal sealed record ServerAck(string Id, Jid? From, long? Timestamp, string? ParticipantHash, bool RefreshLid, int? Error)
{
    /// <summary>Reads an ack; null = not one for a message.</summary>
    public static ServerAck? Read(Node ack)
    {
        if (ack.Tag != "ack" || ack["class"] != "message" || ack["id"] is not { Length: > 0 and <= MessageIds.MaxLength } id)
            return null;
        int? error = ack["error"] is not { } text ? null : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : Acks.Unhandled;
        long? timestamp = long.TryParse(ack["t"], NumberStyles.None, CultureInfo.InvariantCulture, out var t) ? t : null;
        return new ServerAck(id, ack.JidOf("from"), timestamp, ack["phash"], ack["refresh_lid"] == "true", error);
    }

    /// <summary>
    /// True when the server's hash of the devices differs from ours. Whether it counts the sending device is not settled: both are accepted.
    /// </summary>
    public bool DisagreesWith(IReadOnlyCollection<Jid> reached, Jid sender) =>
        ParticipantHash is { } theirs && theirs != Signal.ParticipantHash.Compute(reached) && theirs != Signal.ParticipantHash.Compute(reached.Append(sender));
}

/// <summary>The table of wire/04 §5 and the codes of rest-api part A.</summary>
internal static class ServerAcks
{
    /// <summary>The recipient wants a token, or this account may write to nobody new.</summary>
    public const int Reachout = 463;

    /// <summary>What to do about a nack.</summary>
    public static NackAction ActionFor(int code) => code switch
    {
        479 or 421 => NackAction.Rebuild,
        408 or 429 or (>= 500 and <= 599) => NackAction.RetryLater,
        _ => NackAction.Fail,
    };

    /// <summary>The code the caller sees.</summary>
    public static string CodeFor(int nack) => nack switch
    {
        Reachout => "reachout-timelock",
        475 or 429 => "rate-limited",
        _ => "whatsapp-error",
    };

    /// <summary>The exception the caller sees.</summary>
    public static SendFailedException Failure(int nack, string messageId, DateTimeOffset? until = null) =>
        new(CodeFor(nack), nack switch
        {
            463 => "WhatsApp restricts writing to people who never wrote to this account",
            475 => "WhatsApp's limit of new chats is reached",
            _ => string.Create(CultureInfo.InvariantCulture, $"WhatsApp refused the message with {nack}"),
        }, nack, messageId)
        { Until = until };
}
