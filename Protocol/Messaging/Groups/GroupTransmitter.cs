using Google.Protobuf;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>
/// Puts one group message on the wire (wire/04 §6): members, devices and bundles outside the step, then one step that encrypts once for all and
/// our sender key for each device that lacks it, commits keys and row together, and sends.
/// <code>
/// &lt;message id to="…@g.us" type phash="2:…" addressing_mode="lid|pn" [edit]&gt;
///   [&lt;participants&gt;&lt;to jid&gt;&lt;enc type="pkmsg|msg"/&gt;&lt;/to&gt;…&lt;/participants&gt;]
///   &lt;enc v="2" type="skmsg" [mediatype] [decrypt-fail]/&gt;[&lt;device-identity/&gt;][&lt;meta/&gt;][&lt;reporting/&gt;]&lt;/message&gt;
/// </code>
/// </summary>
internal sealed class GroupTransmitter(
    IDeviceLink link, GroupDirectory directory, GroupPlans plans, GroupSessions sessions, GroupKeys keys, Func<DeviceStep, StepView> viewOf, ILogger logger) : ITransmitter
{
    private const int MaxRounds = 4;
    private static readonly TimeSpan AckPatience = TimeSpan.FromSeconds(10);
    private readonly LruCache<Jid, Outgoing> _distributing = new(64);
    private readonly LruCache<Jid, (string? Theirs, string Ours)> _disagreements = new(64);

    /// <inheritdoc/>
    public async Task<Transmission?> TransmitAsync(Outgoing outgoing, StoredMessage row, bool fresh, CancellationToken cancellationToken)
    {
        var group = outgoing.Recipient!.Address;
        await WaitForDistributionAsync(group, outgoing, cancellationToken);
        var expectation = new CancellationTokenSource();
        Transmission? transmission = null;
        try
        {
            var ack = link.ExpectMessageAckAsync(outgoing.Id, expectation.Token);
            Dictionary<Jid, OpenedSession> opened = [];
            for (var round = 1; ; round++)
            {
                var plan = await plans.GetAsync(group, cancellationToken);
                var last = round == MaxRounds;
                var missing = await link.RunStepAsync((step, token) => EncryptAsync(step, outgoing, row, plan, opened, last, token), cancellationToken);
                if (missing is null)
                    return null;
                if (missing.Count == 0)
                    return transmission = new Transmission(ack, plan.Devices, plan.Sender, expectation);
                await sessions.OpenAsync(missing, opened, cancellationToken);
            }
        }
        catch (IqErrorException refused)
        {
            throw GroupFailures.Of(refused, outgoing.Id);
        }
        finally
        {
            if (transmission is null)
            {
                await expectation.CancelAsync();
                expectation.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public async Task RefreshAsync(Outgoing outgoing)
    {
        try
        {
            await plans.RefreshAsync(outgoing.Recipient!.Address, CancellationToken.None);
        }
        catch (IqErrorException refused)
        {
            throw GroupFailures.Of(refused, outgoing.Id);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> HasOtherDevicesAsync(Outgoing outgoing, Transmission transmission, ServerAck ack)
    {
        var group = outgoing.Recipient!.Address;
        var ours = ParticipantHash.Compute(transmission.Reached.Append(transmission.Sender));
        // The server and we have looked at this before, and nothing was missing.
        if (_disagreements.TryGet(group, out var known) && known == (ack.ParticipantHash, ours))
            return false;
        try
        {
            await plans.RefreshAsync(group, CancellationToken.None);
            var plan = await plans.GetAsync(group, CancellationToken.None);
            var reached = transmission.Reached.ToHashSet();
            if (plan.Devices.Any(device => !reached.Contains(device)))
                return true;
            _disagreements.Set(group, (ack.ParticipantHash, ours));
        }
        catch (Exception error) when (error is IqErrorException or SendFailedException)
        {
            // We are out meanwhile: the message is with the server, there is nobody to complete it for.
        }
        return false;
    }

    /// <inheritdoc/>
    public async Task<SendFailedException> ExplainAsync(Outgoing outgoing, int error)
    {
        var group = outgoing.Recipient!.Address;
        if (error is not (401 or 403 or 404 or 405 or 410))
            return ServerAcks.Failure(error, outgoing.Id);
        try
        {
            var info = await directory.RefreshAsync(group, CancellationToken.None);
            return info.Find(link.Credentials.Jid!.Value) is not { } own && (link.Credentials.Lid is not { } lid || info.Find(lid) is null)
                ? GroupFailures.NotAMember(error, outgoing.Id)
                : info.Has(GroupSetting.Announcement) ? GroupFailures.AdminsOnly(error, outgoing.Id) : ServerAcks.Failure(error, outgoing.Id);
        }
        catch (IqErrorException refused)
        {
            return GroupFailures.Of(refused, outgoing.Id);
        }
    }

    // A message right behind the one that gives out our key waits for its ack, instead of giving it to everyone once more.
    private async Task WaitForDistributionAsync(Jid group, Outgoing self, CancellationToken cancellationToken)
    {
        if (!_distributing.TryGet(group, out var first) || first == self || first.Given is null || first.Outcome.Task.IsCompleted || !first.IsDriven)
            return;
        try
        {
            await first.Outcome.Task.WaitAsync(AckPatience, link.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Then the key goes out again: it does no harm.
        }
    }

    // Null = the server has it already; devices = sessions that lack; none = sent.
    private async ValueTask<IReadOnlyCollection<Jid>?> EncryptAsync(
        DeviceStep step, Outgoing outgoing, StoredMessage row, GroupPlan plan, Dictionary<Jid, OpenedSession> opened, bool last, CancellationToken cancellationToken)
    {
        var view = viewOf(step);
        if (plan.Info.Addressing == AddressingMode.Phone)
            await view.Lids.LoadAsync(plan.Info.Members.Select(member => member.Jid), cancellationToken);
        if (outgoing.Row is not null)
        {
            await view.Rows.LoadOutgoingAsync([outgoing.Id], cancellationToken);
            row = view.Rows.Find(row.Key) ?? row;
            if (row.Status >= MessageStatus.ServerAck && !outgoing.Completing)
                return null;
        }
        var key = await keys.OpenAsync(view, plan, cancellationToken);
        var lacking = key.Lacking.Where(device => !sessions.IsUnavailable(view.Lids.AddressOf(device).ToJid())).ToList();
        await view.Sessions.LoadAsync(lacking.Select(view.Lids.AddressOf), cancellationToken);
        var missing = OpenSessions(view, lacking, opened);
        if (missing.Count > 0 && !last)
            return missing;
        var message = Schema.Message.Parser.ParseFrom(row.Content);
        var kind = StanzaKind.Of(message);
        var report = ReportingToken.For(message, row.Content, outgoing.Id, GroupAddressing.OwnDevice(view.Credentials, plan.Info.Addressing), plan.Info.Id);
        var distribution = new Schema.Message { SenderKeyDistributionMessage = GroupKeys.Distribution(plan.Info.Id, key.Record) };
        var given = Fanout.Encrypt(view, new FanoutPlan(plan.Info.Id, lacking, []), distribution.ToByteArray(), kind);
        var encrypted = SenderKeyCipher.Encrypt(key.Record, MessagePadding.Pad(row.Content));
        if (key.IsNew)
            GroupKeys.Drop(view, plan.Info.Id);
        view.SenderKeys.Set(key.Name, encrypted.Next);
        if (row.Status < MessageStatus.ServerAck)
        {
            row = row with { Status = MessageStatus.Pending, To = plan.Info.Id };
            view.Rows.Put(row);
        }
        var gift = given.Reached.Count == 0 ? null : new GivenKey(plan.Info.Id, encrypted.KeyId, [.. given.Reached.Select(view.Lids.AddressOf)]);
        step.AfterCommit.Add(() => Remember(outgoing, row, gift));
        step.Send.Add(Stanza(view, outgoing, plan, given, encrypted.Ciphertext, kind, report));
        view.Flush();
        return [];
    }

    private void Remember(Outgoing outgoing, StoredMessage row, GivenKey? given)
    {
        (outgoing.Row, outgoing.Given) = (row, given);
        if (given is null)
            return;
        _distributing.Set(given.Group, outgoing);
        MessagingLog.SenderKeyGiven(logger, given.Group, given.Devices.Count);
    }

    private static List<Jid> OpenSessions(StepView view, IReadOnlyList<Jid> devices, Dictionary<Jid, OpenedSession> opened)
    {
        List<Jid> missing = [];
        foreach (var device in devices)
        {
            var address = view.Lids.AddressOf(device);
            var session = view.Sessions.Find(address);
            if (session is { HasCurrent: true })
                continue;
            if (!opened.TryGetValue(address.ToJid(), out var answer))
                missing.Add(address.ToJid());
            else if (answer is { Record: { } record, Bundle: { } bundle })
            {
                view.Sessions.Set(address, session is null ? record : SessionBuilder.ProcessBundle(session, view.Credentials.Identity, bundle));
                view.Sessions.SetIdentity(address, bundle.IdentityKey);
            }
        }
        return missing;
    }

    private static Node Stanza(StepView view, Outgoing outgoing, GroupPlan plan, FanoutResult given, byte[] ciphertext, StanzaKind kind, Node? report)
    {
        List<Node> children = [];
        if (given.Reached.Count > 0)
            children.Add(given.Participants);
        children.Add(new Node("enc", [("v", "2"), ("type", "skmsg"), ("mediatype", kind.MediaType), ("decrypt-fail", kind.HideFailure ? "hide" : null)], ciphertext));
        if (given.HasPreKeyMessage && view.Credentials.SignedDeviceIdentity is { } identity)
            children.Add(new Node("device-identity", [], identity));
        if (kind.Meta is { } meta)
            children.Add(new Node("meta", meta));
        if (report is not null)
            children.Add(report);
        return new Node("message",
            [
                ("id", outgoing.Id), ("to", plan.Info.Id.ToString()), ("type", kind.Type), ("phash", plan.Hash),
                ("addressing_mode", GroupAddressing.Name(plan.Info.Addressing)), ("edit", kind.Edit),
            ], children);
    }
}
