using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Contacts;

/// <summary>
/// Which of the pairs entered by hand are taken (rest-api, lid-mappings): what the server told stays unless forced. Pure.
/// </summary>
internal static class ManualPairs
{
    /// <summary>Source of pairs entered by hand.</summary>
    public const string Source = "manual";

    /// <summary>Judges the pairs in order; each phone number and each LID comes once.</summary>
    /// <param name="pairs">As given.</param>
    /// <param name="known">Stored pairs of these accounts.</param>
    /// <param name="own">Own account, if linked.</param>
    /// <param name="force">Replace also what the server told.</param>
    /// <returns>The pairs to write, and what to answer.</returns>
    public static (IReadOnlyList<LidPair> Write, LidPairsTaken Taken) Judge(IReadOnlyList<LidPair> pairs, IReadOnlyList<LidMapping> known, LidPair? own, bool force)
    {
        var byPhone = known.ToDictionary(row => row.Phone);
        // Of a LID that moved to another number, the newest.
        var byLid = known.GroupBy(row => row.Lid).ToDictionary(rows => rows.Key, rows => rows.MaxBy(row => row.UpdatedAt)!);
        List<LidPair> write = [];
        List<LidConflict> conflicts = [];
        var (created, updated) = (0, 0);
        foreach (var pair in pairs)
        {
            var (ofPhone, ofLid) = (byPhone.GetValueOrDefault(pair.Phone), byLid.GetValueOrDefault(pair.Lid));
            LidMapping[] others = [.. new[] { ofPhone, ofLid }.OfType<LidMapping>().Where(row => row.Phone != pair.Phone || row.Lid != pair.Lid).Distinct()];
            if (own is not null && (pair.Phone == own.Phone || pair.Lid == own.Lid))
            {
                if (pair == own)
                    updated++;
                else
                    conflicts.Add(new LidConflict(pair, "own-account", [new LidMapping(own.Phone, own.Lid, "login", 0)]));
            }
            else if (!force && others.Any(row => row.Source != Source))
                conflicts.Add(new LidConflict(pair, "server-learned", others));
            else if (ofPhone is null && ofLid is null)
            {
                created++;
                write.Add(pair);
            }
            else
            {
                updated++;
                if (others.Length > 0)
                    write.Add(pair);
            }
        }
        return (write, new LidPairsTaken(created, updated, conflicts));
    }
}
