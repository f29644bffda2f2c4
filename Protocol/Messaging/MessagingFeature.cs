using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Messaging.Groups;
using WhatsApp.Protocol.Messaging.Trust;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Messages of one device, with persons and in groups: out, in, receipts and resends (wire/04). Takes the stanzas <c>message</c>, <c>receipt</c>,
/// <c>ack class="message"</c> and the notifications about identities and device lists.
/// </summary>
public sealed class MessagingFeature : IStanzaHandler
{
    private readonly IDeviceLink _link;
    private readonly ILogger _logger;
    private readonly SessionCache _sessions;
    private readonly LidMap _lids;
    private readonly RecentRows _recent = new();
    private readonly ChatFacts _facts = new();
    private readonly DeviceLists _lists;
    private readonly Recipients _recipients;
    private readonly IdentityChanges _identities;
    private readonly LiveSends _live;
    private readonly OutgoingStates _states;
    private readonly MessageSender _sender;
    private readonly MessageReceiver _receiver;
    private readonly RetryAnswers _retries;
    private readonly PendingSends _pending;
    private readonly TrustTokens _trust;
    private readonly ReachoutTimelock _timelock;
    private readonly HeldMessages _held;
    private readonly GroupKeys _groupKeys;
    private readonly GroupSessions _groupSessions;
    private readonly GroupNews _groupNews;
    private readonly GroupReceipts _groupReceipts = new();
    private LocalIdentity? _identity;

    /// <summary>Wires the feature to its device.</summary>
    public MessagingFeature(IDeviceLink link, DeviceOptions options, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        (_link, _logger) = (link, logger);
        _sessions = new SessionCache(options.SessionCacheSize);
        _lids = new LidMap(link);
        Lids = new LidDirectory(link, _lids, _sessions);
        _lists = new DeviceLists(link, logger);
        _identities = new IdentityChanges(link, _lists, logger);
        _recipients = new Recipients(link, step => new StepSessions(step, _sessions, link.Store), _lids);
        Groups = new GroupDirectory(link, Lids);
        GroupViews = new GroupViews(Groups, Lids);
        _groupNews = new GroupNews(Groups, logger);
        _groupKeys = new GroupKeys(link.Store);
        var bundles = new PreKeyBundles(link, logger);
        _groupSessions = new GroupSessions(link, bundles, _lists, logger);
        _timelock = new ReachoutTimelock(link, logger);
        _trust = new TrustTokens(link, _facts, logger);
        var transmitter = new Transmitter(link, _lists, bundles, _timelock, View, logger);
        var groupTransmitter = new GroupTransmitter(link, Groups, new GroupPlans(link, Groups, _lists), _groupSessions, _groupKeys, View, logger);
        _live = new LiveSends(link.Time);
        _states = new OutgoingStates(_live);
        var scheduled = new ScheduledSends(link, row => _sender!.ResumeAsync(row), logger);
        var order = new ChatOrder();
        var acks = new AckFollower(link, _recipients, transmitter, groupTransmitter, order, _live, _states, View, logger) { Known = _trust.Give };
        _sender = new MessageSender(link, new OutgoingComposer(link, _lids, Groups, _facts), _recipients, acks, order, _live, _states, View, _lids, scheduled, logger);
        _receiver = new MessageReceiver(Groups, logger);
        _retries = new RetryAnswers(link, _lists, transmitter, new GroupResends(Groups), View, logger);
        _held = new HeldMessages(link, _sender, _live, _states, View);
        _pending = new PendingSends(link, _sender, _live, scheduled, logger);
    }

    /// <summary>Messages that wait for their file.</summary>
    internal HeldMessages Held => _held;

    /// <summary>The device's phone ↔ LID map, for other features.</summary>
    internal LidDirectory Lids { get; }

    /// <summary>What is known of groups.</summary>
    internal GroupDirectory Groups { get; }

    /// <summary>Groups for people to look at.</summary>
    internal GroupViews GroupViews { get; }

    /// <summary>Sends a message and waits for the server's ack, 30 s at most.</summary>
    /// <exception cref="SendFailedException">With the reason; send-timeout means that the outcome is not known yet.</exception>
    public async Task<SentMessage> SendAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!_link.IsOpen)
            throw NotConnected();
        try
        {
            await _pending.WaitAsync(cancellationToken);
        }
        catch (TimeoutException)
        {
            throw NotConnected();
        }
        return await _sender.SendAsync(message, cancellationToken);
    }

    /// <summary>Accepts a message for later: committed as queued, sent in order after the next login, or at once when connected. Returns its id.</summary>
    /// <exception cref="SendFailedException">The message itself is not acceptable.</exception>
    public Task<string> QueueAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _sender.QueueAsync(message, cancellationToken);
    }

    /// <summary>Takes a message out of the queue before it leaves; false when none of this id waits there.</summary>
    public Task<bool> CancelAsync(string messageId, CancellationToken cancellationToken) => _sender.CancelAsync(messageId, cancellationToken);

    /// <summary>Call after every login: what the server has not acknowledged goes out again. Awaits the store only.</summary>
    public Task OnOpenAsync(CancellationToken cancellationToken)
    {
        ForgetFormerLink();
        return _pending.OnOpenAsync(cancellationToken);
    }

    /// <summary>Call when the connection ended.</summary>
    public void OnClosed() => _pending.OnClosed();

    /// <inheritdoc/>
    public bool Handles(Node stanza)
    {
        ArgumentNullException.ThrowIfNull(stanza);
        return stanza.Tag switch
        {
            "message" or "receipt" => true,
            "ack" => stanza["class"] == "message",
            _ => IdentityChanges.Handles(stanza) || GroupNotices.Is(stanza) || TrustTokens.Handles(stanza) || ReachoutTimelock.Handles(stanza),
        };
    }

    /// <inheritdoc/>
    public async ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stanzas);
        ArgumentNullException.ThrowIfNull(step);
        var view = View(step);
        var messages = new IncomingMessage?[stanzas.Count];
        for (var i = 0; i < stanzas.Count; i++)
            if (stanzas[i].Tag == "message")
                messages[i] = IncomingMessage.Read(stanzas[i], view.Credentials, view.Now / 1000);
        await PrepareOutgoingAsync(view, stanzas, cancellationToken);
        await MessageReceiver.PrepareAsync(view, [.. messages.OfType<IncomingMessage>()], cancellationToken);
        for (var i = 0; i < stanzas.Count; i++)
            await TakeAsync(view, stanzas[i], messages[i], cancellationToken);
        if (step.Batch.ForgottenSenderKeyDevices.Count > 0)
            step.AfterCommit.Add(_groupKeys.Recheck);
        view.Flush();
    }

    private async ValueTask TakeAsync(StepView view, Node stanza, IncomingMessage? message, CancellationToken cancellationToken)
    {
        switch (stanza.Tag)
        {
            case "message" when message is not null:
                await _receiver.ReceiveAsync(view, message, cancellationToken);
                break;
            case "message":
                _receiver.Refuse(view, stanza, Acks.ParsingError);
                break;
            case "receipt":
                TakeReceipt(view, stanza);
                break;
            case "ack":
                TakeAck(view, stanza);
                break;
            case "notification":
                await TakeNotificationAsync(view, stanza, cancellationToken);
                if (stanza["id"] is not null && stanza["from"] is not null)
                    view.Step.Send.Add(Acks.Notification(stanza));
                break;
        }
    }

    private async ValueTask TakeNotificationAsync(StepView view, Node stanza, CancellationToken cancellationToken)
    {
        if (GroupNotices.Is(stanza))
            await _groupNews.ApplyAsync(view, stanza, cancellationToken);
        else if (TrustTokens.Handles(stanza))
            await TrustTokens.ApplyAsync(view, stanza, cancellationToken);
        else if (ReachoutTimelock.Handles(stanza))
            _timelock.Apply(stanza);
        else
            await _identities.ApplyAsync(stanza, view.Step, view.Sessions, view.Lids, cancellationToken);
        if (stanza["type"] == "encrypt" && stanza.JidOf("from") is { IsUser: true, Device: 0 } renewed && view.Lids.Canonical(renewed) is var person)
            view.Step.AfterCommit.Add(() => _trust.GiveAgain(person));
    }

    private void TakeReceipt(StepView view, Node receipt)
    {
        if (receipt["id"] is null || receipt["from"] is null)
        {
            MessagingLog.StanzaRefused(_logger, receipt.Tag, receipt["id"], Acks.ParsingError);
            return;
        }
        if (receipt["type"] == "retry")
        {
            _retries.Take(view, receipt);
            return;
        }
        Receipts.Take(view, receipt, _states, _groupReceipts);
        view.Step.Send.Add(Acks.Receipt(receipt));
    }

    // The sender follows its own acks; this catches the late ones and takes part of its work when both see them.
    private void TakeAck(StepView view, Node stanza)
    {
        if (ServerAck.Read(stanza) is not { } ack)
            return;
        foreach (var row in view.Rows.Outgoing(ack.Id).ToList())
        {
            if (ack.From is { IsUser: true } from && view.Lids.Canonical(from) != view.Lids.Canonical(row.Key.Chat))
                continue;
            if (ack.Error is not { } error)
                _states.Accept(view, row, ack.Timestamp ?? row.Timestamp);
            else if (!_live.IsDriven(ack.Id) && ServerAcks.ActionFor(error) == NackAction.Fail)
                _states.Fail(view, row, ServerAcks.Failure(error, ack.Id));
        }
    }

    // Acks and receipts name our messages by id only: one query for all, one for the addresses of their chats.
    private static async ValueTask PrepareOutgoingAsync(StepView view, IReadOnlyList<Node> stanzas, CancellationToken cancellationToken)
    {
        List<string> ids = [];
        List<Jid> accounts = [];
        foreach (var stanza in stanzas)
        {
            if (stanza.Tag == "ack" && stanza["id"] is { Length: > 0 and <= MessageIds.MaxLength } acked)
                ids.Add(acked);
            else if (stanza.Tag == "receipt")
            {
                ids.AddRange(Receipts.IdsOf(stanza));
                foreach (var (id, reader, _) in GroupReceipts.Aggregated(stanza))
                {
                    ids.Add(id);
                    accounts.Add(reader);
                }
            }
            else
                continue;
            foreach (var jid in new[] { stanza.JidOf("from"), stanza.JidOf("participant") })
                if (jid is { IsUser: true } account)
                    accounts.Add(account);
        }
        if (ids.Count == 0)
            return;
        await view.Rows.LoadOutgoingAsync(ids, cancellationToken);
        var rows = ids.SelectMany(view.Rows.Outgoing).Distinct().ToList();
        await view.Lids.LoadAsync(accounts, cancellationToken);
        await OutgoingStates.LoadNamesAsync(view, rows, cancellationToken);
        await MessageNews.LoadOwnAsync(view, rows, cancellationToken);
    }

    private StepView View(DeviceStep step)
    {
        ForgetFormerLink();
        return new StepView(_link, step, _sessions, _lids, _recent, _facts);
    }

    // A device that was unlinked and linked again has other keys: what is remembered of the former link must not be used.
    private void ForgetFormerLink()
    {
        var identity = _link.Credentials.Identity;
        if (ReferenceEquals(identity, _identity))
            return;
        if (_identity is { } former && !former.IdentityKey.PublicKey.AsSpan().SequenceEqual(identity.IdentityKey.PublicKey))
        {
            _sessions.Clear();
            _lids.Clear();
            _recent.Clear();
            _facts.Clear();
            _lists.Clear();
            _recipients.Clear();
            _trust.Clear();
            _timelock.Clear();
            _sessions.SenderKeys.Clear();
            Groups.Clear();
            _groupKeys.Recheck();
            _groupSessions.Clear();
            _groupReceipts.Clear();
        }
        _identity = identity;
    }

    private static SendFailedException NotConnected() => new("instance-not-connected", "there is no connection to WhatsApp");
}
