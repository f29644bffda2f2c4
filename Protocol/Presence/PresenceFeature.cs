using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.Trust;

namespace WhatsApp.Protocol.Presence;

/// <summary>
/// Who is there and who writes: ours out, others' in as <see cref="PresenceChanged"/> (wire/04 §15). What we show and whom we watch is kept
/// over reconnects, not over restarts of the process.
/// </summary>
internal sealed class PresenceFeature(IDeviceLink link, Func<LidDirectory> lids, Func<bool> alwaysOnline) : IStanzaHandler
{
    private const int MaxWatched = 1000;

    // Own scheduler only. In order, so that the oldest goes first.
    private readonly List<Jid> _watched = [];
    // Null = as the device is told to behave.
    private bool? _available;

    /// <summary>What the next login shows. Unavailable unless told otherwise, so that the phone keeps its push notifications (wire/01 §8.5).</summary>
    public Node Own => PresenceStanzas.Own(_available ?? alwaysOnline(), link.Credentials.PushName);

    /// <summary>After every login: subscriptions last for a connection.</summary>
    public async Task OnOpenAsync(CancellationToken cancellationToken)
    {
        foreach (var chat in _watched.ToArray())
            await link.SendAsync(await SubscriptionAsync(chat, cancellationToken), cancellationToken);
    }

    /// <summary>Another account is linked.</summary>
    public void Forget()
    {
        _watched.Clear();
        _available = null;
    }

    /// <summary>See <see cref="IDeviceChats.ShowPresenceAsync"/>.</summary>
    public async Task ShowAsync(bool available, CancellationToken cancellationToken)
    {
        await link.SendAsync(PresenceStanzas.Own(available, link.Credentials.PushName), cancellationToken);
        _available = available;
    }

    /// <summary>See <see cref="IDeviceChats.WatchPresenceAsync"/>.</summary>
    public async Task WatchAsync(Jid chat, CancellationToken cancellationToken)
    {
        await link.SendAsync(await SubscriptionAsync(chat, cancellationToken), cancellationToken);
        _watched.Remove(chat);
        _watched.Add(chat);
        if (_watched.Count > MaxWatched)
            _watched.RemoveAt(0);
    }

    /// <summary>See <see cref="IDeviceChats.ShowTypingAsync"/>.</summary>
    public async Task ShowTypingAsync(Jid chat, TypingState state, CancellationToken cancellationToken) =>
        await link.SendAsync(PresenceStanzas.Typing(await WireFormAsync(chat, cancellationToken), state), cancellationToken);

    /// <inheritdoc/>
    public bool Handles(Node stanza) => stanza.Tag is "presence" or "chatstate";

    /// <inheritdoc/>
    public async ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        var changes = stanzas.Select(PresenceStanzas.Read).OfType<PresenceChanged>().Where(change => !IsOwn(change.Who)).ToList();
        if (changes.Count == 0)
            return;
        var known = await lids().OpenAsync(step, changes.SelectMany(change => new[] { change.Chat, change.Who ?? change.Chat }), cancellationToken);
        foreach (var change in changes)
            step.Batch.Events.Add(change with { Chat = known.Display(change.Chat), Who = change.Who is { } who ? known.Display(who) : null });
    }

    private async ValueTask<Node> SubscriptionAsync(Jid chat, CancellationToken cancellationToken)
    {
        var to = await WireFormAsync(chat, cancellationToken);
        return PresenceStanzas.Subscribe(to, await TrustTokens.NodeAsync(link.Store, to, link.Time.GetUtcNow().ToUnixTimeSeconds(), cancellationToken));
    }

    // As messages are addressed: by LID when known (wire/04 §1).
    private async ValueTask<Jid> WireFormAsync(Jid chat, CancellationToken cancellationToken) =>
        chat.IsPhone && (await lids().LoadAsync([chat], cancellationToken)).GetValueOrDefault(chat) is { } lid ? lid : chat;

    private bool IsOwn(Jid? who) =>
        who is { } account && (link.Credentials.Jid is { } phone && phone.IsSameAccount(account) || link.Credentials.Lid is { } lid && lid.IsSameAccount(account));
}
