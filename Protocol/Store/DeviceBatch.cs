using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Store;

/// <summary>
/// Everything one step of a device changes: written in one transaction together with the events it emits.
/// Later entries win over earlier ones of the same key.
/// </summary>
public sealed class DeviceBatch
{
    /// <summary>New credentials, or null = unchanged.</summary>
    public DeviceCredentials? Credentials { get; set; }
    /// <summary>Delete credentials, sessions, identities, sender keys and their marks, pre-keys, device lists, trusted-contact tokens and timers (logout by server or user).</summary>
    public bool ForgetDevice { get; set; }
    /// <summary>Records to upsert; null = delete.</summary>
    public Dictionary<SignalAddress, byte[]?> Sessions { get; } = [];
    /// <summary>Identities to upsert, raw 32; null = delete.</summary>
    public Dictionary<SignalAddress, byte[]?> Identities { get; } = [];
    /// <summary>Sender-key records to upsert; null = delete. Ours and others'.</summary>
    public Dictionary<SenderKeyName, byte[]?> SenderKeys { get; } = [];
    /// <summary>Groups whose marks all go, before the new ones are written: our key there was replaced.</summary>
    public List<Jid> DroppedSenderKeyMarks { get; } = [];
    /// <summary>Devices that lose their marks in every group, before the new ones are written: removed, or with a new identity.</summary>
    public List<SignalAddress> ForgottenSenderKeyDevices { get; } = [];
    /// <summary>Who has our sender key: true = give the mark, false = take it.</summary>
    public Dictionary<SenderKeyMark, bool> SenderKeyMarks { get; } = [];
    /// <summary>New one-time pre-keys, not yet uploaded.</summary>
    public List<PreKey> NewPreKeys { get; } = [];
    /// <summary>Keys the server confirmed.</summary>
    public List<uint> UploadedPreKeys { get; } = [];
    /// <summary>Keys used up.</summary>
    public List<uint> RemovedPreKeys { get; } = [];
    /// <summary>Pairs to upsert (newest wins for a PN).</summary>
    public List<LidMapping> LidMappings { get; } = [];
    /// <summary>Device lists to upsert; null = drop.</summary>
    public Dictionary<Jid, DeviceListEntry?> DeviceLists { get; } = [];
    /// <summary>Message rows to upsert by key.</summary>
    public Dictionary<MessageKey, StoredMessage> Messages { get; } = [];
    /// <summary>Votes to upsert by key; an older one than the stored is ignored.</summary>
    public Dictionary<PollVoteKey, PollVote> PollVotes { get; } = [];
    /// <summary>Trusted-contact tokens to upsert by account.</summary>
    public Dictionary<Jid, PrivacyToken> PrivacyTokens { get; } = [];
    /// <summary>Disappearing timers to upsert by chat; an older one than the stored is ignored.</summary>
    public Dictionary<Jid, ChatTimer> ChatTimers { get; } = [];
    /// <summary>Files of messages to upsert by key: described, or with our phone's answer.</summary>
    public Dictionary<MessageKey, StoredMedia> Media { get; } = [];
    /// <summary>Events to deliver, in order. The host turns them into outbox rows in the same transaction.</summary>
    public List<DeviceEvent> Events { get; } = [];

    /// <summary>True when there is nothing to write.</summary>
    public bool IsEmpty =>
        PollVotes.Count == 0 && PrivacyTokens.Count == 0 && ChatTimers.Count == 0
        && Credentials is null && !ForgetDevice && Sessions.Count == 0 && Identities.Count == 0 && SenderKeys.Count == 0
        && DroppedSenderKeyMarks.Count == 0 && ForgottenSenderKeyDevices.Count == 0 && SenderKeyMarks.Count == 0
        && NewPreKeys.Count == 0 && UploadedPreKeys.Count == 0 && RemovedPreKeys.Count == 0 && LidMappings.Count == 0 && DeviceLists.Count == 0 && Messages.Count == 0 && Media.Count == 0 && Events.Count == 0;
}
