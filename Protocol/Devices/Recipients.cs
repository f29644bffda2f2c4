using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Devices;

/// <summary>Where a message for someone goes: <paramref name="Address"/> is the LID when known, else the phone number (wire/04 §1).</summary>
internal sealed record Recipient(Jid Address, Jid? Phone);

/// <summary>
/// Finds out whether a number is on WhatsApp and how its account is addressed (wire/04 §2.2).
/// A number whose LID is known needs no question; one the server confirmed is remembered for a day.
/// </summary>
internal sealed class Recipients(IDeviceLink link, Func<DeviceStep, StepSessions> sessionsOf, LidMap lids)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<Jid, Task<Recipient>> _asking = [];
    private readonly LruCache<Jid, (Recipient Recipient, DateTimeOffset At)> _confirmed = new(512);

    /// <summary>The recipient for an account as the caller gave it.</summary>
    /// <exception cref="SendFailedException">recipient-not-on-whatsapp: the server said so.</exception>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async Task<Recipient> ResolveAsync(Jid to, CancellationToken cancellationToken)
    {
        to = to.ToAccount();
        if (!to.IsUser)
            return new Recipient(to, null);
        if (to.IsLid)
            return new Recipient(to, await lids.OtherAsync(to, cancellationToken));
        // A LID that meanwhile has another number says nothing about this one: somebody changed numbers.
        if (await lids.OtherAsync(to, cancellationToken) is { } lid && await lids.OtherAsync(lid, cancellationToken) == to)
            return new Recipient(lid, to);
        if (link.Credentials.Jid is { } own && own.IsSameAccount(to))
            return new Recipient(to, to);
        if (_confirmed.TryGet(to, out var known) && link.Time.GetUtcNow() - known.At < MaxAge
            && (known.Recipient.Address.IsPhone || await lids.OtherAsync(known.Recipient.Address, cancellationToken) == known.Recipient.Phone))
            return known.Recipient;
        return await Ask(to).WaitAsync(cancellationToken);
    }

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear() => _confirmed.Clear();

    /// <summary>Asks the server again: it said that the address changed. A refusal changes nothing.</summary>
    public async Task RefreshAsync(Jid phone, CancellationToken cancellationToken)
    {
        phone = phone.ToAccount();
        _confirmed.Remove(phone);
        try
        {
            await Ask(phone).WaitAsync(cancellationToken);
        }
        catch (SendFailedException)
        {
            // The next send to this number learns it.
        }
    }

    private Task<Recipient> Ask(Jid phone)
    {
        lock (_gate)
            return _asking.TryGetValue(phone, out var asking) ? asking : _asking[phone] = AskServerAsync(phone);
    }

    private async Task<Recipient> AskServerAsync(Jid phone)
    {
        await Task.Yield();
        try
        {
            var forms = PhoneForms.Of(phone);
            var users = Usync.Read(await link.QueryAsync(Usync.Contacts(StanzaIds.New(), forms), CancellationToken.None));
            var recipient = await AcceptAsync(phone, forms, users);
            _confirmed.Set(phone, (recipient, link.Time.GetUtcNow()));
            return recipient;
        }
        catch (IqErrorException)
        {
            return new Recipient(phone, phone); // no authoritative answer: try the number as given
        }
        finally
        {
            lock (_gate)
                _asking.Remove(phone);
        }
    }

    private async Task<Recipient> AcceptAsync(Jid asked, IReadOnlyList<Jid> forms, IReadOnlyList<UsyncUser> users)
    {
        var refused = 0;
        foreach (var form in forms)
        {
            if (Usync.Find(form, users) is not { Contact: { } contact } user)
                continue;
            if (contact.Type != "in")
            {
                refused++;
                continue;
            }
            var phone = user.Phone ?? form;
            if (user.Lid is { } lid)
                await link.RunStepAsync(async (step, token) =>
                {
                    var sessions = sessionsOf(step);
                    await new StepLids(lids, step, sessions, link.Time).LearnAsync(phone, lid, "usync", token);
                    sessions.Flush();
                    return true;
                }, CancellationToken.None);
            return new Recipient(user.Lid ?? phone, phone);
        }
        return refused == forms.Count
            ? throw new SendFailedException("recipient-not-on-whatsapp", "the number is not on WhatsApp")
            : new Recipient(asked, asked);
    }
}
