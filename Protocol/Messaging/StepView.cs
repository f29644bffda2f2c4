using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Everything one step of messaging reads and changes. Call <see cref="Flush"/> last.</summary>
internal sealed class StepView
{
    private readonly IDeviceLink _link;

    public StepView(IDeviceLink link, DeviceStep step, SessionCache sessions, LidMap lids, RecentRows recent, ChatFacts facts)
    {
        _link = link;
        Facts = facts;
        Step = step;
        Sessions = new StepSessions(step, sessions, link.Store);
        Lids = new StepLids(lids, step, Sessions, link.Time);
        Rows = new StepRows(step, link.Store, recent);
        PreKeys = new StepPreKeys(step, link.Store);
        Votes = new StepVotes(step.Batch, link.Store);
    }

    public DeviceStep Step { get; }
    public IDeviceStore Store => _link.Store;
    public StepSessions Sessions { get; }
    public StepSenderKeys SenderKeys => Sessions.SenderKeys;
    public StepLids Lids { get; }
    public StepRows Rows { get; }
    public StepPreKeys PreKeys { get; }
    public StepVotes Votes { get; }
    public ChatFacts Facts { get; }

    /// <summary>States of group members that this step tells.</summary>
    public Dictionary<(string Id, Jid Reader), MessageStatus> ReadersOfStep { get; } = [];

    /// <summary>Credentials with this step's changes.</summary>
    public DeviceCredentials Credentials => Step.Batch.Credentials ?? _link.Credentials;

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long Now => _link.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Our own account as rows name it.</summary>
    public Jid Own => (Credentials.Lid ?? Credentials.Jid!.Value).ToAccount();

    /// <summary>True for our own phone-number and LID accounts.</summary>
    public bool IsOwn(Jid jid) => Credentials.Jid is { } phone && phone.IsSameAccount(jid) || Credentials.Lid is { } lid && lid.IsSameAccount(jid);

    /// <summary>Our own device in the same form as <paramref name="chat"/>: LID for LID chats.</summary>
    public Jid OwnDeviceIn(Jid chat) => OwnDevice(Credentials, chat);

    /// <summary>Our own device in the same form as <paramref name="chat"/>.</summary>
    public static Jid OwnDevice(DeviceCredentials credentials, Jid chat) => chat.IsLid && credentials.Lid is { } lid ? lid : credentials.Jid!.Value;

    /// <summary>Writes sessions and identities into the batch.</summary>
    public void Flush() => Sessions.Flush();
}

/// <summary>One-time pre-keys as one step sees them.</summary>
internal sealed class StepPreKeys(DeviceStep step, IDeviceStore store)
{
    private readonly Dictionary<uint, PreKey> _loaded = [];

    /// <summary>Loads keys by id, in one query.</summary>
    public async ValueTask LoadAsync(IReadOnlyCollection<uint> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
            return;
        foreach (var (id, key) in await store.LoadPreKeysAsync(ids, cancellationToken))
            _loaded[id] = key;
    }

    /// <summary>The key, unless this step used it up.</summary>
    public PreKey? Find(uint id) => step.Batch.RemovedPreKeys.Contains(id) ? null : _loaded.GetValueOrDefault(id);

    /// <summary>Deletes a used key.</summary>
    public void Remove(uint id)
    {
        _loaded.Remove(id);
        step.Batch.RemovedPreKeys.Add(id);
    }
}
