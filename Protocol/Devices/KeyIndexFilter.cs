using Google.Protobuf;

namespace WhatsApp.Protocol.Devices;

/// <summary>
/// Which devices of a list are real: a companion counts only when the phone's signed key-index list names its index,
/// or the index is newer than that list (wire/04 §2.1).
/// </summary>
internal static class KeyIndexFilter
{
    /// <summary>The device numbers to send to; null = the answer cannot be trusted, use the phone alone.</summary>
    public static IReadOnlyList<int>? Apply(UsyncDevices devices)
    {
        var companions = devices.Devices.Where(device => device.Id != 0).ToList();
        var indexes = companions.Count > 0 ? ReadList(devices.KeyIndexList) : null;
        if (companions.Count > 0 && indexes is null)
            return null;
        SortedSet<int> kept = [];
        foreach (var device in devices.Devices)
            if (device.Id == 0 || (!device.Hosted && device.Id != 99 && IsListed(device, indexes!)))
                kept.Add(device.Id);
        return [.. kept];
    }

    private static bool IsListed(UsyncDevice device, Schema.ADVKeyIndexList indexes) =>
        device.KeyIndex is { } index && (indexes.ValidIndexes.Contains(index) || index > indexes.CurrentIndex);

    private static Schema.ADVKeyIndexList? ReadList(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } encoded)
            return null;
        try
        {
            return Schema.ADVKeyIndexList.Parser.ParseFrom(Schema.ADVSignedKeyIndexList.Parser.ParseFrom(encoded.Span).Details);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
