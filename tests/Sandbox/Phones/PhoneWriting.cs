using System.Text.Json.Serialization;

namespace WhatsApp.Sandbox.Phones;

/// <summary>What somebody at a phone writes: which kind, and the fields of that kind.</summary>
/// <param name="To">Digits or address.</param>
/// <param name="Type">
/// text, location, contact, contacts, poll, pollVote, reaction, edit, delete, pin, keep, event, eventResponse, image, video, gif, videoNote,
/// audio, ptt, document, sticker; null = text. Case and underscores do not count; voice = ptt.
/// </param>
/// <param name="Text">Text, new text, caption, question, emoji or name.</param>
/// <param name="Quoted">Id of the message answered.</param>
/// <param name="Target">Id of the message reacted to, edited, deleted, pinned, kept, or of the poll or event answered.</param>
/// <param name="TargetFromMe">That message is the phone's own, when the phone does not know it (edits and deletions always are).</param>
/// <param name="Latitude">Degrees.</param>
/// <param name="Longitude">Degrees.</param>
/// <param name="Options">Of a poll; the chosen ones of a vote.</param>
/// <param name="Number">Of a contact, digits.</param>
public sealed record PhoneWriting(
    string? To, string? Type, string? Text, string? Quoted = null, string? Target = null, bool TargetFromMe = false,
    double Latitude = 0, double Longitude = 0, IReadOnlyList<string>? Options = null, string? Number = null)
{
    /// <summary>Own choice of id; null = a new one.</summary>
    public string? MessageId { get; init; }
    /// <summary>Numbers mentioned; they are added to the text's context, not to the text.</summary>
    public IReadOnlyList<string>? Mentions { get; init; }
    /// <summary>Of several contacts, digits each.</summary>
    public IReadOnlyList<string>? Numbers { get; init; }
    /// <summary>Options of a poll that one person may choose; 0 = any number.</summary>
    public int Selectable { get; init; } = 1;
    /// <summary>Answer to an event: going, notGoing, maybe.</summary>
    public string? Answer { get; init; }
    /// <summary>Undoes a pin or keep.</summary>
    public bool Undo { get; init; }
    /// <summary>Counts as forwarded.</summary>
    public bool Forwarded { get; init; }
    /// <summary>Disappearing timer, seconds.</summary>
    public uint? Expiration { get; init; }
    /// <summary>The file comes from here, http or https.</summary>
    public string? Url { get; init; }
    /// <summary>The file itself.</summary>
    public string? Base64 { get; init; }
    /// <summary>The file lies here; in process only.</summary>
    [JsonIgnore]
    public string? Path { get; init; }
    /// <summary>What the phone says it is; null = by content.</summary>
    public string? Mimetype { get; init; }
    /// <summary>Of a document.</summary>
    public string? FileName { get; init; }
    /// <summary>Of audio and video.</summary>
    public uint? Seconds { get; init; }
    /// <summary>Pixels.</summary>
    public uint? Width { get; init; }
    /// <summary>Pixels.</summary>
    public uint? Height { get; init; }
    /// <summary>Of a voice note, 64 values of 0 … 100 as base64.</summary>
    public string? Waveform { get; init; }
    /// <summary>An animated sticker.</summary>
    public bool Animated { get; init; }
    /// <summary>May be looked at once (image, video, audio).</summary>
    public bool ViewOnce { get; init; }

    /// <summary>The type in lower case without underscores.</summary>
    internal string Kind => (Type ?? "text").Replace("_", "", StringComparison.Ordinal).ToLowerInvariant() is "voice" ? "ptt"
        : (Type ?? "text").Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    internal static string Needed(string? value, string name) => value ?? throw new ArgumentException(name + " is missing", nameof(value));
}
