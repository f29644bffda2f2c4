using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Messaging.Groups;
using WhatsApp.Protocol.Messaging.Trust;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Someone's device could not decrypt a message of ours.</summary>
/// <param name="Receipt">As received.</param>
/// <param name="MessageId">Which.</param>
/// <param name="Requester">The device that asks.</param>
/// <param name="Count">Its n-th request, from 1.</param>
/// <param name="RegistrationId">Its registration id, when told.</param>
/// <param name="Bundle">Keys it sent along.</param>
internal sealed record RetryRequest(Node Receipt, string MessageId, Jid Requester, int Count, uint? RegistrationId, PreKeyBundle? Bundle)
{
    /// <summary>The group or list the message went to; null = it went to a person.</summary>
    public Jid? Group => Receipt.JidOf("from") is { IsUser: false } from ? from : null;

    /// <summary>Reads a retry receipt; null = not one we can answer.</summary>
    public static RetryRequest? Read(Node receipt)
    {
        if (receipt.Child("retry") is not { } retry || (retry["id"] ?? receipt["id"]) is not { Length: > 0 and <= MessageIds.MaxLength } id
            || (receipt.JidOf("participant") ?? receipt.JidOf("from")) is not { IsUser: true } requester)
            return null;
        var registration = receipt.Child("registration");
        return new RetryRequest(receipt, id, requester,
            int.TryParse(retry["count"], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Max(count, 1) : 1,
            registration?.Bytes is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes.Span) : null,
            receipt.Child("keys") is { } keys ? PreKeyBundles.Read(keys, registration) : null);
    }
}

/// <summary>
/// Sends a message again to the one device that asked, with a session it can read (wire/04 §9.2); in groups see <see cref="GroupResends"/>.
/// <code>&lt;message id to="requester device" type [edit] device_fanout="false"&gt;&lt;enc v="2" type count="n"/&gt;[&lt;device-identity/&gt;]&lt;/message&gt;</code>
/// </summary>
internal sealed class RetryAnswers(IDeviceLink link, DeviceLists lists, Transmitter transmitter, GroupResends groups, Func<DeviceStep, StepView> viewOf, ILogger logger)
{
    private const int MaxCount = 5;
    private readonly LruCache<(string Id, Jid Device), byte[]> _baseKeys = new(256);
    private readonly LruCache<(string Id, Jid Device), int> _answered = new(512);
    private readonly Dictionary<(string, Jid), RetryRequest> _running = [];
    private readonly Lock _gate = new();

    /// <summary>Takes a retry receipt into the step: answered after the commit, or only acknowledged.</summary>
    public void Take(StepView view, Node receipt)
    {
        var read = RetryRequest.Read(receipt);
        if (read is { Group: not null })
            GroupResends.ForgetMark(view, read.Requester);
        if (read is { } request && RowFor(view, request) is not null && TryStart(request))
            view.Step.AfterCommit.Add(() => _ = AnswerAsync(request));
        else
            view.Step.Send.Add(Acks.Receipt(receipt));
    }

    private async Task AnswerAsync(RetryRequest request)
    {
        var answer = "failed";
        try
        {
            answer = await ResendAsync(request);
        }
        catch (Exception error) when (error is LinkClosedException or TimeoutException or OperationCanceledException)
        {
            answer = "connection lost";
            return; // not acknowledged: the server brings the receipt again
        }
        catch (Exception error)
        {
            MessagingLog.StanzaFailed(logger, "receipt", request.MessageId, error);
        }
        finally
        {
            End(request);
            MessagingLog.RetryAnswered(logger, request.Count, request.MessageId, request.Requester, answer);
        }
        try
        {
            await link.SendAsync(Acks.Receipt(request.Receipt), CancellationToken.None);
        }
        catch (LinkClosedException)
        {
            // The receipt comes again; counting keeps it from being answered without end.
        }
    }

    private async Task<string> ResendAsync(RetryRequest request)
    {
        if (!await IsKnownDeviceAsync(request.Requester))
            return "unknown device";
        var info = request.Group is { } group ? await groups.MemberGroupAsync(group, request.Requester) : null;
        if (request.Group is not null && info is null)
            return "not a member";
        Dictionary<Jid, BundleAnswer> answers = [];
        for (var round = 0; round < 2; round++)
        {
            var (outcome, missing) = await link.RunStepAsync((step, token) => TryResendAsync(step, request, info, answers, token), CancellationToken.None);
            if (missing is not { } device)
                return outcome;
            await transmitter.FetchAsync([device], answers, CancellationToken.None);
        }
        return "no session";
    }

    private async ValueTask<(string Outcome, Jid? Missing)> TryResendAsync(DeviceStep step, RetryRequest request, GroupInfo? info, Dictionary<Jid, BundleAnswer> answers, CancellationToken cancellationToken)
    {
        var view = viewOf(step);
        await view.Rows.LoadOutgoingAsync([request.MessageId], cancellationToken);
        await view.Lids.LoadAsync(view.Rows.Outgoing(request.MessageId).Select(found => found.Key.Chat).Append(request.Requester), cancellationToken);
        if (RowFor(view, request) is not { Content: { } content } row)
            return ("refused", null);
        var address = view.Lids.AddressOf(request.Requester);
        await view.Sessions.LoadAsync([address], cancellationToken);
        var renew = PrepareSession(view, request, address);
        if (transmitter.Open(view, [request.Requester], answers, fresh: renew).Count > 0 || (renew && !answers.ContainsKey(address.ToJid())))
            return ("", address.ToJid());
        var own = view.IsOwn(request.Requester);
        var to = row.To ?? row.Key.Chat;
        var kind = StanzaKind.Of(Schema.Message.Parser.ParseFrom(content));
        var payload = info is not null ? await GroupResends.PayloadAsync(view, info, content, cancellationToken) : own ? DeviceSentCopy.Of(content, to) : content;
        if (Fanout.Encrypt(view, request.Requester, payload, kind, request.Count) is not { } enc)
            return ("no session", null);
        if (view.Sessions.Find(address)?.BaseKey is { } baseKey && request.Count == 2)
            step.AfterCommit.Add(() => _baseKeys.Set((request.MessageId, request.Requester), baseKey));
        view.Rows.Put(row with { Retries = row.Retries + 1 });
        var token = own || info is not null ? null : await TrustTokens.NodeAsync(view, view.Lids.Canonical(to), cancellationToken);
        step.Send.Add(Stanza(view, request, info, token is null ? [enc] : [enc, token], own ? to : null, kind));
        step.AfterCommit.Add(() => End(request)); // the answer to this resend may be the next stanza
        view.Flush();
        return ("resent", null);
    }

    // Installs the requester's own bundle, or decides that the session must be renewed from the server's. True = fetch a bundle.
    private bool PrepareSession(StepView view, RetryRequest request, SignalAddress address)
    {
        var session = view.Sessions.Find(address);
        var offline = request.Receipt["offline"] is not null;
        if (request.Bundle is { } bundle && (!offline || session is { HasCurrent: true } && session.RemoteRegistrationId == bundle.RegistrationId))
            try
            {
                view.Sessions.Set(address, SessionBuilder.ProcessBundle(session ?? SessionRecord.Empty, view.Credentials.Identity, bundle));
                view.Sessions.SetIdentity(address, bundle.IdentityKey);
                return false;
            }
            catch (SignalException)
            {
                return true; // a bundle that does not verify: ask the server for a real one
            }
        if (session is not { HasCurrent: true })
            return false;
        if (request.RegistrationId is { } registration && registration != session.RemoteRegistrationId)
            view.Sessions.RemoveSession(address);
        else if (request.Count > 2 && _baseKeys.TryGet((request.MessageId, request.Requester), out var before)
            && session.BaseKey is { } now && now.AsSpan().SequenceEqual(before))
            return true;
        return false;
    }

    private static Node Stanza(StepView view, RetryRequest request, GroupInfo? info, List<Node> children, Jid? chat, StanzaKind kind)
    {
        if (children[0]["type"] == "pkmsg" && view.Credentials.SignedDeviceIdentity is { } identity)
            children.Insert(1, new Node("device-identity", [], identity));
        if (kind.Meta is { } meta)
            children.Add(new Node("meta", meta));
        if (info is not null)
            return GroupResends.Stanza(request, info, kind, children);
        return new Node("message",
            [("id", request.MessageId), ("to", request.Requester.ToString()), ("type", kind.Type), ("edit", kind.Edit), ("device_fanout", "false"), ("recipient", chat?.ToString())], children);
    }

    // The refusal rules: known, sent from here, not yet read, and to this person or ourselves. The count limits endless loops.
    private static StoredMessage? RowFor(StepView view, RetryRequest request)
    {
        if (request.Count >= MaxCount)
            return null;
        var requester = view.Lids.Canonical(request.Requester);
        foreach (var row in view.Rows.Outgoing(request.MessageId))
            if (row is { FromApi: true, Content: not null, Status: >= MessageStatus.Pending and not MessageStatus.Failed }
                && (request.Group is { } group ? row.Key.Chat == group : view.IsOwn(requester) || (view.Lids.Canonical(row.Key.Chat) == requester && row.Status < MessageStatus.Read)))
                return row;
        return null;
    }

    private bool TryStart(RetryRequest request)
    {
        var key = (request.MessageId, request.Requester);
        var before = _answered.TryGet(key, out var answered) ? answered : 0;
        lock (_gate)
            if (before >= MaxCount || !_running.TryAdd(key, request))
                return false;
        _answered.Set(key, before + 1);
        return true;
    }

    private void End(RetryRequest request)
    {
        var key = (request.MessageId, request.Requester);
        lock (_gate)
            if (_running.TryGetValue(key, out var running) && ReferenceEquals(running, request))
                _running.Remove(key);
    }

    private async Task<bool> IsKnownDeviceAsync(Jid requester)
    {
        var account = requester.ToAccount();
        return await HasAsync(refresh: false) || await HasAsync(refresh: true);

        async Task<bool> HasAsync(bool refresh) =>
            (refresh ? await lists.RefreshAsync([account], CancellationToken.None) : await lists.GetAsync([account], CancellationToken.None))[account].Contains(requester.Device);
    }
}
