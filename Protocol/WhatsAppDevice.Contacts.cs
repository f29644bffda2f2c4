using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Contacts;

namespace WhatsApp.Protocol;

// Other accounts.
public sealed partial class WhatsAppDevice
{
    private readonly ContactsFeature _contacts;

    /// <inheritdoc/>
    public Task<LidPairsTaken> PutLidPairsAsync(IReadOnlyList<LidPair> pairs, bool force, CancellationToken cancellationToken) =>
        _contacts.PutLidPairsAsync(pairs, force, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CheckedNumber>> CheckNumbersAsync(IReadOnlyList<Jid> phones, CancellationToken cancellationToken) =>
        _contacts.CheckNumbersAsync(phones, cancellationToken);
}
