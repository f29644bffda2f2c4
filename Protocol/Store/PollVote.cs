using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Store;

/// <summary>What makes a vote unique: each person has one in each poll.</summary>
/// <param name="Poll">The poll's message.</param>
/// <param name="Voter">Account without device, in the canonical form at the time of the vote.</param>
public readonly record struct PollVoteKey(MessageKey Poll, Jid Voter);

/// <summary>Someone's choice in a poll. A later one replaces it; sealed at rest.</summary>
/// <param name="Key">Unique.</param>
/// <param name="OptionHashes">SHA-256 of each chosen option, 32 bytes each; none = the vote was taken back.</param>
/// <param name="VotedAt">As the voter's clock says, ms since the Unix epoch.</param>
public sealed record PollVote(PollVoteKey Key, IReadOnlyList<byte[]> OptionHashes, long VotedAt);
