namespace WhatsApp.Protocol.Messaging;

/// <summary>Type names of messages, as rest-api part C gives them; the rest as wire/04 §13.2.</summary>
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
}
