using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Messaging.Trust;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>One stanza under way.</summary>
/// <param name="Ack">The server's answer.</param>
/// <param name="Reached">Devices in the stanza.</param>
/// <param name="Sender">Our own device in the stanza's addressing.</param>
/// <param name="Expectation">Cancelled when nobody waits any more.</param>
internal sealed record Transmission(Task<Node> Ack, IReadOnlyList<Jid> Reached, Jid Sender, CancellationTokenSource Expectation) : IDisposable
{
    public void Dispose()
    {
        Expectation.Cancel();
        Expectation.Dispose();
    }
}

/// <summary>
/// Puts one 1:1 message on the wire (wire/04 §4): device lists and bundles outside the step, then one step that encrypts for all devices,
/// commits ratchets and row, and sends.
/// <code>
/// &lt;message id to="L@lid" type [edit] peer_recipient_pn="N@s.whatsapp.net"&gt;
///   &lt;participants&gt;&lt;to jid&gt;&lt;enc/&gt;&lt;/to&gt;…&lt;/participants&gt;[&lt;device-identity/&gt;][&lt;meta/&gt;][&lt;reporting/&gt;][&lt;tctoken/&gt;]&lt;/message&gt;
/// </code>
/// </summary>
internal sealed class Transmitter(IDeviceLink link, DeviceLists lists, PreKeyBundles bundles, ReachoutTimelock timelock, Func<DeviceStep, StepView> viewOf, ILogger logger) : ITransmitter
{
    private const int MaxRounds = 4;

    /// <inheritdoc/>
    /// <remarks>Fresh = new sessions with everyone.</remarks>
    public async Task<Transmission?> TransmitAsync(Outgoing outgoing, StoredMessage row, bool fresh, CancellationToken cancellationToken)
    {
        var expectation = new CancellationTokenSource();
        Transmission? transmission = null;
        try
        {
            var ack = link.ExpectMessageAckAsync(outgoing.Id, expectation.Token);
            Dictionary<Jid, BundleAnswer> answers = [];
            for (var round = 0; round < MaxRounds; round++)
            {
                var plan = await PlanAsync(outgoing.Recipient!, cancellationToken);
                if (fresh && round == 0)
                    await FetchAsync([.. plan.Devices.Select(SessionDevice)], answers, cancellationToken);
                var result = await link.RunStepAsync((step, token) => EncryptAsync(step, outgoing, row, plan, answers, fresh, token), cancellationToken);
                if (result.Unreachable)
                    throw Unreachable(outgoing.Id, answers);
                if (result.Missing.Count == 0)
                    return result.Reached is { } reached
                        ? transmission = new Transmission(ack, reached, StepView.OwnDevice(link.Credentials, plan.To), expectation)
                        : null;
                await FetchAsync(result.Missing, answers, cancellationToken);
            }
            throw Unreachable(outgoing.Id, answers);
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
    public async Task<SendFailedException> ExplainAsync(Outgoing outgoing, int error) =>
        ServerAcks.Failure(error, outgoing.Id, error == ServerAcks.Reachout ? await timelock.AskAsync() : null);

    /// <summary>Asks the server again for the lists of the recipient and of ourselves.</summary>
    public Task RefreshAsync(Outgoing outgoing) => lists.RefreshAsync([outgoing.Recipient!.Address, OwnAccount], CancellationToken.None);

    /// <summary>Refreshes the lists and tells whether devices appeared that the transmission did not reach.</summary>
    public async Task<bool> HasOtherDevicesAsync(Outgoing outgoing, Transmission transmission, ServerAck ack)
    {
        await RefreshAsync(outgoing);
        var plan = await PlanAsync(outgoing.Recipient!, CancellationToken.None);
        return plan.Devices.Any(device => !transmission.Reached.Contains(device));
    }

    /// <summary>The bundles that are needed, each answered or marked as unavailable.</summary>
    public async Task FetchAsync(IReadOnlyCollection<Jid> devices, Dictionary<Jid, BundleAnswer> answers, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<Jid, BundleAnswer> fetched;
        try
        {
            fetched = await bundles.FetchAsync(devices, identityChanged: false, cancellationToken);
        }
        catch (IqErrorException error) when (error.Code == 406)
        {
            // A device no longer exists: learn which ones do, then ask for each alone.
            await lists.RefreshAsync([.. devices.Select(device => device.ToAccount()).Distinct()], cancellationToken);
            fetched = await bundles.FetchEachAsync(devices, identityChanged: false, cancellationToken);
        }
        catch (IqErrorException error)
        {
            fetched = devices.ToDictionary(device => device, _ => new BundleAnswer(null, error.Code));
        }
        foreach (var (device, answer) in fetched)
            answers[device] = answer;
    }

    /// <summary>Opens the sessions that lack, from bundles. Returns devices that still need one; with none missing all were tried.</summary>
    public List<Jid> Open(StepView view, IEnumerable<Jid> devices, IReadOnlyDictionary<Jid, BundleAnswer> answers, bool fresh)
    {
        List<Jid> missing = [];
        foreach (var device in devices)
        {
            var address = view.Lids.AddressOf(device);
            var session = view.Sessions.Find(address);
            var answered = answers.TryGetValue(address.ToJid(), out var answer);
            if (session is { HasCurrent: true } && !(fresh && answer.Bundle is not null))
                continue;
            if (!answered)
                missing.Add(address.ToJid());
            else if (answer.Bundle is not { } bundle)
                DeviceLog.DeviceSkipped(logger, device, answer.Error);
            else
                Install(view, address, session, bundle, device);
        }
        return missing;
    }

    private void Install(StepView view, SignalAddress address, SessionRecord? session, PreKeyBundle bundle, Jid device)
    {
        try
        {
            view.Sessions.Set(address, SessionBuilder.ProcessBundle(session ?? SessionRecord.Empty, view.Credentials.Identity, bundle));
            view.Sessions.SetIdentity(address, bundle.IdentityKey);
        }
        catch (SignalException error)
        {
            DeviceLog.DeviceSkipped(logger, device, -(int)error.Reason);
        }
    }

    private async ValueTask<StepResult> EncryptAsync(DeviceStep step, Outgoing outgoing, StoredMessage row, FanoutPlan plan,
        IReadOnlyDictionary<Jid, BundleAnswer> answers, bool fresh, CancellationToken cancellationToken)
    {
        var view = viewOf(step);
        await view.Lids.LoadAsync([plan.To, OwnAccount], cancellationToken);
        if (outgoing.Row is not null)
        {
            await view.Rows.LoadOutgoingAsync([outgoing.Id], cancellationToken);
            row = view.Rows.Find(row.Key) ?? row;
            if (row.Content is null || row.Status >= MessageStatus.ServerAck && !outgoing.Completing)
                return StepResult.AlreadyThere;
        }
        await view.Sessions.LoadAsync(plan.Devices.Select(view.Lids.AddressOf), cancellationToken);
        var missing = Open(view, plan.Devices, answers, fresh);
        if (missing.Count > 0)
            return new StepResult(missing, null);
        var message = Schema.Message.Parser.ParseFrom(row.Content);
        var kind = StanzaKind.Of(message);
        var fanout = Fanout.Encrypt(view, plan, row.Content, kind);
        if (plan.RecipientDevices.Count > 0 ? !plan.RecipientDevices.Any(fanout.Reached.Contains) : fanout.Reached.Count == 0)
            return new StepResult([], null) { Unreachable = true };
        if (row.Status < MessageStatus.ServerAck)
        {
            row = row with { Status = MessageStatus.Pending, To = plan.To };
            view.Rows.Put(row);
        }
        step.AfterCommit.Add(() => outgoing.Row = row);
        Node?[] extras =
        [
            ReportingToken.For(message, row.Content, outgoing.Id, StepView.OwnDevice(view.Credentials, plan.To), plan.To),
            plan.RecipientDevices.Count > 0 ? await TrustTokens.NodeAsync(view, plan.To, cancellationToken) : null,
        ];
        step.Send.Add(Stanza(view, outgoing, plan.To, fanout, kind, extras.OfType<Node>()));
        view.Flush();
        return new StepResult([], fanout.Reached);
    }

    private static Node Stanza(StepView view, Outgoing outgoing, Jid to, FanoutResult fanout, StanzaKind kind, IEnumerable<Node> extras)
    {
        List<Node> children = [fanout.Participants];
        if (fanout.HasPreKeyMessage && view.Credentials.SignedDeviceIdentity is { } identity)
            children.Add(new Node("device-identity", [], identity));
        if (kind.Meta is { } meta)
            children.Add(new Node("meta", meta));
        children.AddRange(extras);
        return new Node("message",
            [
                ("id", outgoing.Id), ("to", to.ToString()), ("type", kind.Type), ("edit", kind.Edit),
                ("peer_recipient_pn", to.IsLid ? outgoing.Recipient?.Phone?.ToString() : null),
            ], children);
    }

    private async Task<FanoutPlan> PlanAsync(Recipient recipient, CancellationToken cancellationToken)
    {
        var (to, own) = (recipient.Address, OwnAccount);
        var self = link.Credentials.Jid!.Value.IsSameAccount(to) || own == to;
        var devices = await lists.GetAsync(self ? [own] : [to, own], cancellationToken);
        var sender = StepView.OwnDevice(link.Credentials, to);
        return new FanoutPlan(to,
            self ? [] : [.. devices[to].Select(to.WithDevice)],
            [.. devices[own].Where(number => number != sender.Device).Select(sender.WithDevice)]);
    }

    private Jid OwnAccount => (link.Credentials.Lid ?? link.Credentials.Jid!.Value).ToAccount();

    // Our own devices have their sessions under our LID whatever the chat's addressing.
    private Jid SessionDevice(Jid device) =>
        link.Credentials is { Jid: { } phone, Lid: { } lid } && phone.IsSameAccount(device) ? lid.WithDevice(device.Device) : device;

    private static SendFailedException Unreachable(string id, Dictionary<Jid, BundleAnswer> answers)
    {
        int? code = answers.Values.Select(answer => answer.Error).FirstOrDefault(error => error > 0) is > 0 and var error ? error : null;
        return new SendFailedException(code == 429 ? "rate-limited" : "whatsapp-error", "no device of the recipient can be encrypted for", code, id);
    }

    private sealed record StepResult(IReadOnlyCollection<Jid> Missing, IReadOnlyList<Jid>? Reached)
    {
        public static StepResult AlreadyThere { get; } = new([], null);
        public bool Unreachable { get; init; }
    }
}
