using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>Our vote in a poll, sealed under the poll's secret (wire/04 §14).</summary>
internal static class VoteComposer
{
    /// <param name="poll">The poll.</param>
    /// <param name="secret">Its secret, when we have it.</param>
    /// <param name="voter">Our account in the poll's addressing.</param>
    /// <param name="options">Chosen; none = take the vote back.</param>
    /// <param name="now">The vote's time.</param>
    /// <exception cref="SendFailedException">validation-failed.</exception>
    public static Message Compose(TargetMessage poll, byte[]? secret, Jid voter, IReadOnlyList<string> options, DateTimeOffset now)
    {
        if (MessageReader.PollOf(MessageWrappers.Unwrap(poll.Content.Clone()).Content) is not { } creation)
            throw Invalid("this message is not a poll");
        if (secret is null)
            throw Invalid("the poll came without the secret that votes need");
        if (options.Distinct(StringComparer.Ordinal).Count() != options.Count || options.Any(option => creation.Options.All(known => known.OptionName != option)))
            throw Invalid("every option is one of the poll's, once");
        if (creation.SelectableOptionsCount > 0 && options.Count > creation.SelectableOptionsCount)
            throw Invalid("the poll allows fewer options to be chosen");
        var parties = new AddOnParties(poll.Id, poll.Author.ToAccount(), voter.ToAccount());
        return AddOnComposer.Vote(poll.Key(), parties, secret, options, now);
    }

    private static SendFailedException Invalid(string why) => new("validation-failed", why);
}
