using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Devices;

/// <summary>The phone ↔ LID map of a device, for the features beside messaging (wire/04 §11).</summary>
internal sealed class LidDirectory(IDeviceLink link, LidMap map, SessionCache sessions)
{
    /// <summary>The map as a step sees it, with what is known of these accounts.</summary>
    public async ValueTask<StepLids> OpenAsync(DeviceStep step, IEnumerable<Jid> accounts, CancellationToken cancellationToken)
    {
        var lids = new StepLids(map, step, new StepSessions(step, sessions, link.Store), link.Time);
        await lids.LoadAsync(accounts, cancellationToken);
        return lids;
    }

    /// <summary>Takes pairs: what is kept under the phone numbers moves to the LIDs in the same step.</summary>
    public async ValueTask LearnAsync(DeviceStep step, IReadOnlyCollection<LidPair> pairs, string source, CancellationToken cancellationToken)
    {
        var changed = new StepSessions(step, sessions, link.Store);
        var lids = new StepLids(map, step, changed, link.Time);
        await lids.LoadAsync(pairs.SelectMany(pair => new[] { pair.Phone, pair.Lid }), cancellationToken);
        foreach (var pair in pairs)
            await lids.LearnAsync(pair.Phone, pair.Lid, source, cancellationToken);
        changed.Flush();
    }

    /// <summary>The other address of each account (null = not known).</summary>
    public ValueTask<Dictionary<Jid, Jid?>> LoadAsync(IEnumerable<Jid> accounts, CancellationToken cancellationToken) => map.LoadAsync(accounts, cancellationToken);
}
