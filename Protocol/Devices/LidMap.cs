using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Devices;

/// <summary>
/// Which phone number and which LID are the same person (wire/04 §11). Committed pairs only; a step's own pairs are in <see cref="StepLids"/>.
/// "Nothing known" is remembered too, so that it is asked once.
/// </summary>
internal sealed class LidMap(IDeviceLink link)
{
    private readonly LruCache<Jid, Jid?> _other = new(2048);

    /// <summary>The other address of each account (null = not known), from memory or one query.</summary>
    public async ValueTask<Dictionary<Jid, Jid?>> LoadAsync(IEnumerable<Jid> accounts, CancellationToken cancellationToken)
    {
        Dictionary<Jid, Jid?> found = [];
        List<Jid>? missing = null;
        foreach (var account in accounts)
        {
            if (!account.IsUser || found.ContainsKey(account))
                continue;
            if (OwnOther(account) is { } own)
                found[account] = own;
            else if (_other.TryGet(account, out var other))
                found[account] = other;
            else
            {
                found[account] = null;
                (missing ??= []).Add(account);
            }
        }
        if (missing is null)
            return found;
        foreach (var pair in (await link.Store.LoadLidMappingsAsync(missing, cancellationToken)).OrderBy(pair => pair.UpdatedAt))
        {
            if (found.ContainsKey(pair.Phone))
                found[pair.Phone] = pair.Lid;
            if (found.ContainsKey(pair.Lid))
                found[pair.Lid] = pair.Phone;
        }
        foreach (var account in missing)
            _other.Fill(account, found[account]);
        return found;
    }

    /// <summary>The other address of one account, or null.</summary>
    public async ValueTask<Jid?> OtherAsync(Jid account, CancellationToken cancellationToken) =>
        (await LoadAsync([account], cancellationToken)).GetValueOrDefault(account);

    /// <summary>Takes a committed pair.</summary>
    public void Remember(Jid phone, Jid lid)
    {
        _other.Set(phone, lid);
        _other.Set(lid, phone);
    }

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear() => _other.Clear();

    /// <summary>The other address of our own account, when this is one of ours.</summary>
    public Jid? OwnOther(Jid account)
    {
        if (link.Credentials is not { Jid: { } phone, Lid: { } lid })
            return null;
        return account == phone.ToAccount() ? lid.ToAccount() : account == lid.ToAccount() ? phone.ToAccount() : null;
    }
}
