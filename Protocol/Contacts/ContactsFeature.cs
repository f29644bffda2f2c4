using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Contacts;

/// <summary>Other accounts: their two addresses, and whether a number is on WhatsApp (wire/04 §2.2, §11).</summary>
internal sealed class ContactsFeature(IDeviceLink link, Func<LidDirectory> lids)
{
    /// <summary>See <see cref="IDeviceContacts.PutLidPairsAsync"/>.</summary>
    public Task<LidPairsTaken> PutLidPairsAsync(IReadOnlyList<LidPair> pairs, bool force, CancellationToken cancellationToken) =>
        link.RunStepAsync(async (step, token) =>
        {
            var own = link.Credentials is { Jid: { } phone, Lid: { } lid } ? new LidPair(phone.ToAccount(), lid.ToAccount()) : null;
            var known = await link.Store.LoadLidMappingsAsync([.. pairs.SelectMany(pair => new[] { pair.Phone, pair.Lid })], token);
            var (write, taken) = ManualPairs.Judge(pairs, known, own, force);
            await lids().LearnAsync(step, write, ManualPairs.Source, token);
            return taken;
        }, cancellationToken);

    /// <summary>See <see cref="IDeviceContacts.CheckNumbersAsync"/>.</summary>
    public async Task<IReadOnlyList<CheckedNumber>> CheckNumbersAsync(IReadOnlyList<Jid> phones, CancellationToken cancellationToken)
    {
        var answer = await link.QueryAsync(NumberCheck.Question(Devices.StanzaIds.New(), phones), cancellationToken);
        var found = NumberCheck.Read(answer, phones);
        List<LidPair> pairs = [.. found.Where(number => number is { Phone: not null, Lid: not null }).Select(number => new LidPair(number.Phone!.Value, number.Lid!.Value)).Distinct()];
        if (pairs.Count > 0)
            await link.RunStepAsync(async (step, token) =>
            {
                await lids().LearnAsync(step, pairs, "usync", token);
                return true;
            }, cancellationToken);
        var known = await lids().LoadAsync(found.Select(number => number.Phone).OfType<Jid>(), cancellationToken);
        return [.. found.Select(number => number.Phone is { } phone ? number with { Lid = number.Lid ?? known.GetValueOrDefault(phone) } : number)];
    }
}
