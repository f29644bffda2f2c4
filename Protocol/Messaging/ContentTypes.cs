namespace WhatsApp.Protocol.Messaging;

/// <summary>Type names of messages, as rest-api part C gives them; what has no name there is called as in wire/04 §13.2 in rows, and unsupported in events.</summary>
internal static class ContentTypes
{
    public const string Text = "text";
    public const string Location = "location";
    public const string LiveLocation = "liveLocation";
    public const string Contact = "contact";
    public const string Contacts = "contacts";
    public const string Poll = "poll";
    public const string Reaction = "reaction";
    public const string Edited = "edited";
    public const string Revoked = "revoked";
    public const string List = "list";
    public const string Buttons = "buttons";
    public const string ListReply = "listReply";
    public const string ButtonReply = "buttonReply";
    public const string Product = "product";
    public const string Order = "order";
    public const string Event = "event";
    public const string GroupInvite = "groupInvite";
    public const string PollVote = "poll_vote";
    public const string PollOptionAdded = "poll_option_added";
    public const string EventResponse = "event_response";
    public const string Comment = "comment";
    public const string Pin = "pin";
    public const string Keep = "keep";
    public const string EphemeralSetting = "ephemeral_setting";
    public const string ViewOnce = "viewOnce";
    /// <summary>Not decoded; the event carries the raw bytes.</summary>
    public const string Unsupported = "unsupported";
    /// <summary>Kept for the device's own use, never shown.</summary>
    public const string Protocol = "protocol";

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        Text, "image", "video", "audio", "ptt", "document", "sticker", Location, LiveLocation, Contact, Contacts, Poll, List, Buttons, ListReply, ButtonReply, Product, Order, Event,
        GroupInvite, ViewOnce, Unsupported,
    };

    /// <summary>The type as events give it: a name of rest-api part C, or unsupported; what it is then is the subtype.</summary>
    public static (string Type, string? Subtype) Shown(MessageContent content)
    {
        var type = content.Type ?? Unsupported;
        return Known.Contains(type) || type is Reaction or Edited or Revoked or Pin or Keep ? (type, content.Subtype) : (Unsupported, type);
    }
}
