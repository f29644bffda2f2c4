using System.Text;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Storage;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>Something in every table, with real Signal sessions: what <see cref="RecordedState"/> is made from.</summary>
internal static class RecordedFill
{
    public const string Ana = "ana";
    public const string Endpoint = "w1";
    public const string EventId = "evt_01RECORDED";
    public const string KeyHash = "0123456789abcdef";
    public static readonly Jid Phone = new("5511900000001", Jid.PhoneServer);
    public static readonly Jid Lid = new("777", Jid.LidServer);
    public static readonly Jid Contact = new("888", Jid.LidServer);
    public static readonly Jid ContactPhone = new("5511900000002", Jid.PhoneServer);
    public static readonly Jid Group = new("120363000000000001", Jid.GroupServer);
    public static readonly SignalAddress Device = SignalAddress.Of(Contact);
    public static readonly MessageKey Sent = new(Contact, Lid, "3EB0SENT");
    public static readonly MessageKey Queued = new(Contact, Lid, "3EB0QUEUED");
    public static readonly MessageKey Received = new(Contact, Contact, "3AFROMBIA");
    private const long At = 1_795_000_000;

    /// <summary>Fills the stores through their interfaces. Returns what the contact sends next, alone and to the group.</summary>
    public static async Task<(byte[] Next, byte[] NextInGroup)> RunAsync(OpenStores stores)
    {
        var request = new CreateInstance
        {
            Webhooks = [new WebhookEndpoint { Id = Endpoint, Url = "https://example.org/hook", Events = ["message.*"], Secret = "whsec", Headers = new Dictionary<string, string> { ["X-Shop"] = "1" } }],
            Metadata = new Dictionary<string, string> { ["shop"] = "7" },
            ProxyUrl = "socks5://u:p@proxy.example:1080",
        };
        Assert.True(await stores.Instances.TryCreateAsync(new(Ana, request, true, DateTimeOffset.FromUnixTimeSeconds(At)), default));
        await stores.Sessions.ClaimAsync(Ana, "silo-0", default);
        var epoch = (await stores.Sessions.ClaimAsync(Ana, "silo-1", default)).Epoch;

        var ours = new LocalIdentity(KeyPair.Generate(), PreKeys.NewRegistrationId());
        var theirs = new LocalIdentity(KeyPair.Generate(), PreKeys.NewRegistrationId());
        var signed = PreKeys.NewSigned(7, ours.IdentityKey);
        var (record, next) = Talk(ours, theirs, signed);
        var own = SenderKeyRecord.NewOwn();
        var foreign = SenderKeyRecord.NewOwn();
        var known = SenderKeyDistribution.Process(SenderKeyRecord.Empty, SenderKeyDistribution.Create(foreign));
        var nextInGroup = SenderKeyCipher.Encrypt(foreign, Encoding.UTF8.GetBytes(RecordedState.NextText)).Ciphertext;

        var device = new DeviceBatch
        {
            Credentials = new DeviceCredentials(KeyPair.Generate(), ours, [signed], [.. Enumerable.Repeat((byte)11, 32)], 31)
            {
                Jid = Phone.WithDevice(12),
                Lid = Lid.WithDevice(12),
                PushName = "Ana",
                Platform = "android",
                LoginCounter = 3,
                PreKeysUploaded = true,
                SignedPreKeyCreatedAt = At,
                RoutingInfo = [1, 2, 3],
                SignedDeviceIdentity = [4, 5],
            },
        };
        device.Sessions[Device] = record.Serialize();
        device.Identities[Device] = theirs.IdentityKey.PublicKey;
        device.SenderKeys[new SenderKeyName(Group, SignalAddress.Of(Lid.WithDevice(12)))] = own.Serialize();
        device.SenderKeys[new SenderKeyName(Group, Device)] = known.Serialize();
        device.SenderKeyMarks[new SenderKeyMark(Group, own.KeyId!.Value, Device)] = true;
        device.NewPreKeys.AddRange(PreKeys.NewOneTime(30, 1));
        device.LidMappings.Add(new LidMapping(ContactPhone, Contact, "message", At));
        device.DeviceLists[Contact] = new DeviceListEntry([0, 3], At);
        device.Messages[Sent] = Row(Sent, MessageStatus.Delivered) with { Content = [10, 2, 104, 105], Secret = [.. Enumerable.Repeat((byte)5, 32)], ClientRef = "ref-1" };
        device.Messages[Queued] = Row(Queued, MessageStatus.Queued) with { Content = [10, 3, 98, 121, 101], DueAt = At * 1000 + 5000, Priority = 2 };
        device.Messages[Received] = new StoredMessage(Received, false, MessageStatus.Delivered, At, "text") { CreatedAt = At * 1000 };
        var votes = new PollVoteKey(Sent, Contact);
        device.PollVotes[votes] = new PollVote(votes, [[.. Enumerable.Repeat((byte)6, 32)]], At);
        device.PrivacyTokens[Contact] = new PrivacyToken(Contact) { Token = [9, 9], TokenAt = At, IssuedAt = At };
        device.ChatTimers[Contact] = new ChatTimer(Contact, 86400, At);
        var media = new StoredMedia(Received, false, "image") { DirectPath = "/v/t62/1", MediaKey = [.. Enumerable.Repeat((byte)7, 32)], FileSha256 = [1], FileEncSha256 = [2], FileLength = 99, Mimetype = "image/jpeg", CreatedAt = At * 1000 };
        OutboxRow[] rows =
        [
            new(Endpoint, 1, EventId, "message.received", Encoding.UTF8.GetBytes("""{"id":"evt_01RECORDED"}"""), At * 1000) { DueAt = At * 1000 },
            new(Endpoint, 2, "evt_02DEAD", "message.sent", [123, 125], At * 1000) { DueAt = At * 1000 },
        ];
        var status = new StatusLine("open", Phone.ToString(), Lid.ToString(), "Ana", DateTimeOffset.FromUnixTimeSeconds(At), DateTimeOffset.FromUnixTimeSeconds(At), null);
        await stores.Sessions.CommitAsync(Ana, epoch, new SessionBatch(device, rows, 2, status) { Media = [new MediaRow(media, MediaState.Wanted) { EventSequence = 1, DueAt = At * 1000 }] }, default);

        await stores.Outbox.BuryAsync(Ana, Endpoint, 2, 5, "410", default);
        await stores.Gateway.PutKeyAsync(KeyHash, new ApiKeyInfo(["admin"], null), "API_KEY", default);
        await stores.Gateway.PutAnswerAsync("answer", "hash", new StoredAnswer(201, "application/json", [123, 125], "/instances/ana"), DateTimeOffset.FromUnixTimeSeconds(4_000_000_000), default);
        return (next, nextInGroup);
    }

    private static StoredMessage Row(MessageKey key, MessageStatus status) => new(key, true, status, At, "text") { To = Contact, FromApi = true, CreatedAt = At * 1000 };

    // Their first message to us and our answer: from then on both have a ratchet.
    private static (SessionRecord Record, byte[] Next) Talk(LocalIdentity ours, LocalIdentity theirs, SignedPreKey signed)
    {
        var bundle = new PreKeyBundle(ours.RegistrationId, ours.IdentityKey.PublicKey, signed.Id, signed.Keys.PublicKey, signed.Signature, null, null);
        var hello = SessionCipher.Encrypt(SessionBuilder.ProcessBundle(SessionRecord.Empty, theirs, bundle), theirs, [1]);
        var heard = SessionCipher.DecryptPreKeyMessage(SessionRecord.Empty, ours, hello.Ciphertext, id => id == signed.Id ? signed : null, _ => null);
        var answer = SessionCipher.Encrypt(heard.Next, ours, [2]);
        var known = SessionCipher.DecryptMessage(hello.Next, theirs, answer.Ciphertext);
        return (answer.Next, SessionCipher.Encrypt(known.Next, theirs, Encoding.UTF8.GetBytes(RecordedState.NextText)).Ciphertext);
    }
}
