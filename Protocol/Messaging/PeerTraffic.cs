using System.Globalization;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;
using ProtocolType = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage.Types.Type;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Protocol messages that are nobody's chat (wire/04 §8.3). Those of our own account only are honoured: keys and history notices are kept
/// as rows of type "protocol" for the features that use them, LID mappings go into the map.
/// </summary>
internal static class PeerTraffic
{
    private const int MaxMappings = 20_000;

    /// <summary>Learns the pairs of a LID migration payload from our own phone (type 22). Type 11 tells its pair in the stanza.</summary>
    public static async ValueTask LearnAsync(StepView view, IncomingMessage message, Schema.Message.Types.ProtocolMessage protocol, CancellationToken cancellationToken)
    {
        if (!message.FromMe || protocol.Type != ProtocolType.LidMigrationMappingSync)
            return;
        var pairs = Pairs(protocol.LidMigrationMappingSyncMessage?.EncodedMappingPayload);
        await view.Lids.LoadAsync(pairs.SelectMany(pair => new[] { pair.Phone, pair.Lid }), cancellationToken);
        foreach (var (phone, lid) in pairs)
            await view.Lids.LearnAsync(phone, lid, "migration", cancellationToken);
    }

    /// <summary>Keeps what later features need.</summary>
    public static void Keep(StepView view, IncomingMessage message, Schema.Message.Types.ProtocolMessage protocol, byte[] raw)
    {
        if (message.FromMe && protocol.Type is ProtocolType.AppStateSyncKeyShare or ProtocolType.HistorySyncNotification
            && MessageRows.Find(view, message, view.Own) is null)
            view.Rows.Put(MessageRows.New(view, message, view.Own, null, MessageStatus.ServerAck, ContentTypes.Protocol) with { Content = raw });
    }

    private static List<(Jid Phone, Jid Lid)> Pairs(ByteString? payload)
    {
        if (payload is null)
            return [];
        try
        {
            return Schema.LIDMigrationMappingSyncPayload.Parser.ParseFrom(payload).PnToLidMappings.Take(MaxMappings)
                .Select(mapping => (Phone: mapping.Pn, Lid: mapping.LatestLid != 0 ? mapping.LatestLid : mapping.AssignedLid))
                .Where(pair => pair.Phone != 0 && pair.Lid != 0)
                .Select(pair => (new Jid(pair.Phone.ToString(CultureInfo.InvariantCulture), Jid.PhoneServer), new Jid(pair.Lid.ToString(CultureInfo.InvariantCulture), Jid.LidServer)))
                .ToList();
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }
}
