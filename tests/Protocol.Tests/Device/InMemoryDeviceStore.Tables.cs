using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>The data itself, and what a batch does to it.</summary>
internal sealed partial class InMemoryDeviceStore
{
    private sealed class Tables
    {
        public int Epoch;
        public DeviceCredentials? Credentials;
        public TaskCompletionSource Changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public List<DeviceBatch> Batches { get; } = [];
        public Dictionary<SignalAddress, byte[]> Sessions { get; } = [];
        public Dictionary<SignalAddress, byte[]> Identities { get; } = [];
        public Dictionary<SenderKeyName, byte[]> SenderKeys { get; } = [];
        public HashSet<SenderKeyMark> SenderKeyMarks { get; } = [];
        public Dictionary<uint, PreKey> PreKeys { get; } = [];
        public HashSet<uint> Uploaded { get; } = [];
        public Dictionary<Jid, LidMapping> Mappings { get; } = [];
        public Dictionary<Jid, DeviceListEntry> DeviceLists { get; } = [];
        public Dictionary<MessageKey, StoredMessage> Messages { get; } = [];
        public Dictionary<PollVoteKey, PollVote> PollVotes { get; } = [];
        public Dictionary<Jid, PrivacyToken> PrivacyTokens { get; } = [];
        public Dictionary<Jid, ChatTimer> ChatTimers { get; } = [];
        public Dictionary<MessageKey, StoredMedia> Media { get; } = [];

        public void Apply(DeviceBatch batch)
        {
            if (batch.ForgetDevice)
                Forget();
            Credentials = batch.Credentials ?? Credentials;
            Upsert(Sessions, batch.Sessions);
            Upsert(Identities, batch.Identities);
            Upsert(SenderKeys, batch.SenderKeys);
            Upsert(DeviceLists, batch.DeviceLists);
            SenderKeyMarks.RemoveWhere(mark => batch.DroppedSenderKeyMarks.Contains(mark.Group) || batch.ForgottenSenderKeyDevices.Contains(mark.Device));
            foreach (var (mark, given) in batch.SenderKeyMarks)
                _ = given ? SenderKeyMarks.Add(mark) : SenderKeyMarks.Remove(mark);
            foreach (var key in batch.NewPreKeys)
                PreKeys[key.Id] = key;
            Uploaded.UnionWith(batch.UploadedPreKeys);
            foreach (var id in batch.RemovedPreKeys)
            {
                PreKeys.Remove(id);
                Uploaded.Remove(id);
            }
            foreach (var pair in batch.LidMappings)
                Mappings[pair.Phone] = pair;
            foreach (var (key, message) in batch.Messages)
                Messages[key] = message;
            foreach (var (key, vote) in batch.PollVotes)
                if (!PollVotes.TryGetValue(key, out var before) || vote.VotedAt >= before.VotedAt)
                    PollVotes[key] = vote;
            foreach (var (account, token) in batch.PrivacyTokens)
                PrivacyTokens[account] = token;
            foreach (var (chat, timer) in batch.ChatTimers)
                if (!ChatTimers.TryGetValue(chat, out var set) || timer.SetAt >= set.SetAt)
                    ChatTimers[chat] = timer;
            foreach (var (key, media) in batch.Media)
                Media[key] = media;
            Batches.Add(batch);
        }

        private void Forget()
        {
            Credentials = null;
            Sessions.Clear();
            Identities.Clear();
            SenderKeys.Clear();
            SenderKeyMarks.Clear();
            PrivacyTokens.Clear();
            ChatTimers.Clear();
            PreKeys.Clear();
            Uploaded.Clear();
            DeviceLists.Clear();
        }

        private static void Upsert<TKey, TValue>(Dictionary<TKey, TValue> table, Dictionary<TKey, TValue?> changes) where TKey : notnull where TValue : class
        {
            foreach (var (key, value) in changes)
                if (value is null)
                    table.Remove(key);
                else
                    table[key] = value;
        }
    }
}
