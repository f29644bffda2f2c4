using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

/// <summary>One person's two addresses as somebody says, both without device.</summary>
public sealed record LidPair(Jid Phone, Jid Lid);

/// <summary>A pair that was not taken.</summary>
/// <param name="Pair">As given.</param>
/// <param name="Reason">server-learned: WhatsApp told otherwise; own-account: one address is ours and the other is not.</param>
/// <param name="Existing">What is known instead.</param>
public sealed record LidConflict(LidPair Pair, string Reason, IReadOnlyList<LidMapping> Existing);

/// <summary>What became of pairs entered by hand.</summary>
/// <param name="Created">Both addresses were new.</param>
/// <param name="Updated">Replaced another pair, or was known already.</param>
/// <param name="Conflicts">Not taken.</param>
public sealed record LidPairsTaken(int Created, int Updated, IReadOnlyList<LidConflict> Conflicts);
