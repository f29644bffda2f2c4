using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging;

namespace WhatsApp.Protocol.Calls;

/// <summary>Tells of calls, and refuses those of persons when the device is told to (wire/07 §11).</summary>
internal sealed class CallFeature(IDeviceLink link, Func<LidDirectory> lids, Func<DeviceBehaviour> behaviour, Action<Jid> refused) : IStanzaHandler
{
    // An old offer from the backlog rings no more.
    private const long StillRings = 60;

    /// <inheritdoc/>
    public bool Handles(Node stanza) => stanza.Tag == "call";

    /// <inheritdoc/>
    public async ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        var signals = stanzas.Select(CallStanzas.Read).ToList();
        var known = await lids().OpenAsync(step, signals.OfType<CallSignal>().Select(signal => signal.Creator), cancellationToken);
        for (var i = 0; i < stanzas.Count; i++)
        {
            if (stanzas[i]["id"] is not null && stanzas[i]["from"] is not null)
                step.Send.Add(CallStanzas.Answer(stanzas[i]));
            if (signals[i] is { State: { } state } signal)
                Take(stanzas[i], signal, state, known, step);
        }
    }

    private void Take(Node stanza, CallSignal signal, CallState state, StepLids known, DeviceStep step)
    {
        var now = link.Time.GetUtcNow().ToUnixTimeSeconds();
        var at = Timestamps.Read(stanza["t"]) ?? now;
        var refuse = signal is { Signal: "offer", IsGroup: false } && behaviour().RejectCalls && !IsOwn(signal.Creator) && stanza["offline"] is null && now - at < StillRings;
        if (refuse)
        {
            step.Send.Add(CallStanzas.Reject(Devices.StanzaIds.New(), signal, OwnIn(signal.Creator)));
            step.AfterCommit.Add(() => refused(signal.Creator.ToAccount()));
        }
        step.Batch.Events.Add(new CallChanged(state, signal.CallId, known.Display(signal.Creator), signal.Phone ?? known.PhoneOf(signal.Creator), at)
        {
            IsVideo = signal.IsVideo,
            IsGroup = signal.IsGroup,
            Group = signal.Group,
            AutoRejected = refuse,
        });
    }

    private Jid OwnIn(Jid other) => (other.IsLid ? link.Credentials.Lid ?? link.Credentials.Jid!.Value : link.Credentials.Jid!.Value).ToAccount();

    private bool IsOwn(Jid creator) => link.Credentials.Jid is { } phone && phone.IsSameAccount(creator) || link.Credentials.Lid is { } lid && lid.IsSameAccount(creator);
}
