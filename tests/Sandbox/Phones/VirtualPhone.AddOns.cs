using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using Account = WhatsApp.Sandbox.Accounts.Account;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Reading sealed add-ons: votes, answers to events, sealed reactions (wire/04 §14).</summary>
public sealed partial class VirtualPhone
{
    /// <summary>What is inside, or null: not an add-on, or it does not open (then the stats show a violation).</summary>
    private PhoneAddOn? OpenAddOn(Jid from, Message content)
    {
        var (key, use, payload, iv) = content switch
        {
            { PollUpdateMessage: { Vote: { } vote } poll } => (poll.PollCreationMessageKey, PhoneAddOns.PollVote, vote.EncPayload, vote.EncIv),
            { EncEventResponseMessage: { } answer } => (answer.EventCreationMessageKey, PhoneAddOns.EventResponse, answer.EncPayload, answer.EncIv),
            { EncReactionMessage: { } reaction } => (reaction.TargetMessageKey, PhoneAddOns.Reaction, reaction.EncPayload, reaction.EncIv),
            _ => default,
        };
        if (key is null)
            return null;
        if (Known(key.Id) is not { Secret: { } secret } parent)
            return new PhoneAddOn(key.Id);
        var author = _server.Accounts.Find(from);
        var parentAuthor = parent.FromMe ? _account : parent.Author is { } jid ? _server.Accounts.Find(jid) : null;
        if (author is not null && parentAuthor is not null)
            foreach (var parties in Candidates(key.Id, parentAuthor, author))
                if (PhoneAddOns.Open(secret, parties, use, payload, iv) is { } plaintext)
                    return Read(key.Id, use, plaintext, parent.Content);
        _server.Stats.Violation($"an add-on of {from} does not open ({use})");
        return new PhoneAddOn(key.Id);
    }

    /// <summary>Which forms the sender used is not signalled.</summary>
    private static IEnumerable<AddOnParties> Candidates(string id, Account parent, Account author) =>
    [
        new(id, parent.Lid, author.Lid), new(id, parent.Phone, author.Phone), new(id, parent.Phone, author.Lid), new(id, parent.Lid, author.Phone),
    ];

    private static PhoneAddOn Read(string id, string use, byte[] plaintext, Message parent)
    {
        try
        {
            return use switch
            {
                PhoneAddOns.PollVote => new PhoneAddOn(id) { Chosen = Chosen(plaintext, parent) },
                PhoneAddOns.EventResponse => new PhoneAddOn(id) { Answer = Message.Types.EventResponseMessage.Parser.ParseFrom(plaintext).Response.ToString() },
                _ => new PhoneAddOn(id) { Emoji = Message.Types.ReactionMessage.Parser.ParseFrom(plaintext).Text },
            };
        }
        catch (InvalidProtocolBufferException)
        {
            return new PhoneAddOn(id);
        }
    }

    private static IReadOnlyList<string> Chosen(byte[] plaintext, Message poll)
    {
        var hashes = Message.Types.PollVoteMessage.Parser.ParseFrom(plaintext).SelectedOptions;
        return [.. (PhoneContent.PollOf(poll)?.Options ?? []).Select(option => option.OptionName)
            .Where(name => hashes.Contains(ByteString.CopyFrom(PhoneAddOns.HashOf(name))))];
    }
}

/// <summary>What was inside a sealed add-on; all null when it could not be opened.</summary>
/// <param name="TargetId">The message it belongs to.</param>
public sealed record PhoneAddOn(string TargetId)
{
    /// <summary>Options voted for.</summary>
    public IReadOnlyList<string>? Chosen { get; init; }
    /// <summary>Going, NotGoing or Maybe.</summary>
    public string? Answer { get; init; }
    /// <summary>Of a sealed reaction.</summary>
    public string? Emoji { get; init; }
}
