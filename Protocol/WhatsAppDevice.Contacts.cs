using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Contacts;
using WhatsApp.Protocol.Profile;

namespace WhatsApp.Protocol;

// Other accounts.
public sealed partial class WhatsAppDevice
{
    private readonly ContactsFeature _contacts;
    private readonly ProfileFeature _profiles;
    private readonly PushNames _pushNames = new();

    /// <inheritdoc/>
    public Task<LidPairsTaken> PutLidPairsAsync(IReadOnlyList<LidPair> pairs, bool force, CancellationToken cancellationToken) =>
        _contacts.PutLidPairsAsync(pairs, force, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CheckedNumber>> CheckNumbersAsync(IReadOnlyList<Jid> phones, CancellationToken cancellationToken) =>
        _contacts.CheckNumbersAsync(phones, cancellationToken);

    /// <inheritdoc/>
    public Task<ContactProfile> GetContactAsync(Jid account, bool preview, CancellationToken cancellationToken) =>
        _profiles.GetAsync(account, preview, cancellationToken);
}
