using System.IO.Compression;
using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Sandbox.Phones;

/// <summary>
/// What the phone tells a new companion (wire/01 §13.10, wire/06 §2, §9): the app state key, then the first history chunk; and how it
/// answers a companion that asks for keys.
/// </summary>
public sealed partial class VirtualPhone
{
    private void ShareWithCompanion(int device)
    {
        SendToCompanion(device, new Message { ProtocolMessage = KeyShare([_keys.AppStateKeyId]) });
        bool inline;
        lock (_account.Gate)
            inline = _account.TryGetDevice(device, out var companion) && companion.TakesInlineHistory;
        SendToCompanion(device, new Message { ProtocolMessage = inline ? FirstHistory() : NoStatusHistory() });
    }

    /// <summary>
    /// For a client that takes no inline payload: the notice of an empty status history, which nothing has to be downloaded for. Baileys 6
    /// holds its events back until any history notice came.
    /// </summary>
    private static Message.Types.ProtocolMessage NoStatusHistory() => new()
    {
        Type = Message.Types.ProtocolMessage.Types.Type.HistorySyncNotification,
        HistorySyncNotification = new() { SyncType = Message.Types.HistorySyncType.InitialStatusV3, ChunkOrder = 1, Progress = 100 },
    };

    private void ReceivePeerMessage(string id, Jid from, Message.Types.ProtocolMessage protocol)
    {
        if (protocol.PeerDataOperationRequestMessage is { } operation)
            AnswerPlaceholders(from.Device, id, operation);
        if (protocol.AppStateSyncKeyRequest is { } request)
            SendToCompanion(from.Device, new Message { ProtocolMessage = KeyShare(request.KeyIds.Select(id => id.KeyId.ToByteArray())) });
    }

    /// <summary><c>&lt;message id to="N:d@s.whatsapp.net" type="text" category="peer" push_priority="high"&gt;&lt;meta/&gt;&lt;enc/&gt;&lt;/message&gt;</c></summary>
    private void SendToCompanion(int device, Message content)
    {
        var to = Jid.WithDevice(device);
        if (!SessionWith(to))
            return;
        var id = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        Keep(id, to, content);
        Say(new Node("message", [("id", id), ("to", to.ToString()), ("type", "text"), ("category", "peer"), ("push_priority", "high")],
            [new Node("meta", ("appdata", "default")), _sessions.Encrypt(to, content.ToByteArray())]));
    }

    private Message.Types.ProtocolMessage KeyShare(IEnumerable<byte[]> ids) => new()
    {
        Type = Message.Types.ProtocolMessage.Types.Type.AppStateSyncKeyShare,
        AppStateSyncKeyShare = new() { Keys = { ids.Select(Key) } },
    };

    /// <summary>A key this phone has; an unknown id comes back without data.</summary>
    private Message.Types.AppStateSyncKey Key(byte[] id)
    {
        var key = new Message.Types.AppStateSyncKey { KeyId = new() { KeyId = ByteString.CopyFrom(id) } };
        if (id.AsSpan().SequenceEqual(_keys.AppStateKeyId))
            key.KeyData = new()
            {
                KeyData = ByteString.CopyFrom(_keys.AppStateKey),
                Fingerprint = new() { RawId = _keys.RawId, CurrentIndex = 0, DeviceIndexes = { 0 } },
                Timestamp = _server.Options.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            };
        return key;
    }

    private Message.Types.ProtocolMessage FirstHistory()
    {
        var history = new HistorySync
        {
            SyncType = HistorySync.Types.HistorySyncType.InitialBootstrap,
            ChunkOrder = 1,
            Progress = 100,
            Pushnames = { new Pushname { Id = Jid.ToString(), Pushname_ = PushName } },
            PhoneNumberToLidMappings = { new PhoneNumberToLIDMapping { PnJid = Jid.ToString(), LidJid = Lid.ToString() } },
        };
        using var zipped = new MemoryStream();
        using (var zlib = new ZLibStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
            history.WriteTo(zlib);
        return new()
        {
            Type = Message.Types.ProtocolMessage.Types.Type.HistorySyncNotification,
            HistorySyncNotification = new()
            {
                SyncType = Message.Types.HistorySyncType.InitialBootstrap,
                ChunkOrder = 1,
                Progress = 100,
                InitialHistBootstrapInlinePayload = ByteString.CopyFrom(zipped.ToArray()),
            },
        };
    }
}
