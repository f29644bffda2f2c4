using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Grains.Contacts;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Instances;

// Other accounts.
internal sealed partial class InstanceGrain : IContactsGrain
{
    public async Task<LidMappingsTaken> PutLidMappingsAsync(IReadOnlyList<LidPairEntry> pairs, bool force, CancellationToken cancellationToken)
    {
        var taken = await AskDeviceAsync(device => device.PutLidPairsAsync([.. pairs.Select(pair => new LidPair(Jid.Parse(pair.Phone), Jid.Parse(pair.Lid)))], force, cancellationToken));
        return new LidMappingsTaken(taken.Created, taken.Updated, [.. taken.Conflicts.Select(conflict => new LidMappingConflict(
            new LidPairEntry(conflict.Pair.Phone.ToString(), conflict.Pair.Lid.ToString()), conflict.Reason, [.. conflict.Existing.Select(LidMappingsGrain.Info)]))]);
    }

    public async Task<IReadOnlyList<NumberCheckResult>> CheckNumbersAsync(IReadOnlyList<string> phones, CancellationToken cancellationToken)
    {
        var found = await AskDeviceAsync(device => device.CheckNumbersAsync([.. phones.Select(Jid.Parse)], cancellationToken));
        return [.. found.Select(number => new NumberCheckResult(number.Exists, number.Phone?.ToString(), number.Lid?.ToString()))];
    }

    public async Task<ContactReport> GetContactAsync(string account, bool preview, CancellationToken cancellationToken)
    {
        var found = await AskDeviceAsync(device => device.GetContactAsync(Jid.Parse(account), preview, cancellationToken));
        return new ContactReport(found.Exists, found.Phone?.ToString(), found.Lid?.ToString())
        {
            PushName = found.PushName,
            PictureUrl = found.Picture?.Url,
            PictureId = found.Picture?.Id,
            PictureHidden = found.PictureHidden,
            About = found.About,
            AboutSetAt = found.AboutSetAt is { } at ? DateTimeOffset.FromUnixTimeSeconds(at) : null,
            AboutHidden = found.AboutHidden,
        };
    }
}
