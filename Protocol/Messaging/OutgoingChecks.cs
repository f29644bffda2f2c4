using System.Globalization;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Messaging.Composers;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Bounds of what can be sent (rest-api part B). Pure.</summary>
internal static class OutgoingChecks
{
    private const int MaxText = 65_536;
    private const int MaxMentions = 1024;
    private const int MaxPreviewPicture = 64 * 1024;
    private const int MaxCards = 50;
    private const int MaxOptions = 12;
    private const int MaxEmoji = 64;
    private const int MaxFileName = 255;
    private const int MaxRecipe = 4096;

    /// <summary>Refuses content outside its bounds.</summary>
    /// <exception cref="SendFailedException">validation-failed.</exception>
    public static void Check(OutgoingMessage message)
    {
        if (message.Mentions.Count > MaxMentions || message.Mentions.Any(mention => !mention.IsUser))
            throw Invalid($"there are at most {MaxMentions} mentions, all of persons");
        if (message.MentionsAll && message.To is { IsGroup: false })
            throw Invalid("everyone can be mentioned in groups only");
        if (message.EphemeralExpiration < 0)
            throw Invalid("a timer is not negative");
        if (Problem(message.Content) is { } problem)
            throw Invalid(problem);
    }

    private static string? Problem(OutgoingContent content) => content switch
    {
        OutgoingText { Text.Length: 0 or > MaxText } text => TextProblem(text.Text),
        OutgoingText { Preview: { } preview } text when preview.Link.Length == 0 || !text.Text.Contains(preview.Link, StringComparison.Ordinal) =>
            "the link of a preview stands in the text",
        OutgoingText { Preview.Thumbnail.Length: > MaxPreviewPicture } => "the picture of a preview has at most 64 KiB",
        OutgoingEdit { Text.Length: 0 or > MaxText } edit => TextProblem(edit.Text),
        OutgoingLocation { Latitude: not (>= -90 and <= 90) } => "the latitude is between -90 and 90",
        OutgoingLocation { Longitude: not (>= -180 and <= 180) } => "the longitude is between -180 and 180",
        OutgoingContacts { Cards.Count: 0 or > MaxCards } => "there are 1 to 50 contacts",
        OutgoingPoll { Name.Length: 0 } => "a poll has a question",
        OutgoingPoll { Options.Count: < 2 or > MaxOptions } => "a poll has 2 to 12 options",
        OutgoingPoll poll when poll.Options.Any(string.IsNullOrEmpty) || poll.Options.Distinct(StringComparer.Ordinal).Count() != poll.Options.Count =>
            "the options of a poll are all different and not empty",
        OutgoingPoll poll when poll.Selectable < 0 || poll.Selectable > poll.Options.Count => "no more options can be chosen than there are",
        OutgoingPin { Duration: var pinned } when !PinComposer.Durations.Contains(pinned) => "a pin lasts a day, a week or 30 days",
        OutgoingMedia { Caption.Length: > MaxText } => "a caption has at most 65536 characters",
        OutgoingMedia { FileName.Length: > MaxFileName } => "a file name has at most 255 characters",
        OutgoingMedia { Waveform: { Length: not 64 } } => "a waveform has 64 bars",
        OutgoingMedia { Recipe: { Length: 0 or > MaxRecipe } } => "a recipe has 1 to 4096 characters",
        OutgoingMedia { Recipe: null, File: not { DirectPath: not null, MediaKey: not null, FileSha256: not null, FileEncSha256: not null } } => "the file is not uploaded",
        OutgoingReaction { Emoji.Length: > MaxEmoji } => "a reaction is one emoji",
        _ => null,
    };

    private static string TextProblem(string text) => string.Create(CultureInfo.InvariantCulture, $"a text has 1 to 65536 characters, not {text.Length}");

    private static SendFailedException Invalid(string why) => new("validation-failed", why);
}
