namespace WhatsApp.Grains.Placement;

/// <summary>
/// Which silos give how many instances to which (orleans-notes §5). From the same counts every silo makes the same plan, so that two that
/// give never fill the third beyond its share. Pure.
/// </summary>
internal static class BalancePlan
{
    /// <summary>Nobody moves anything for less than this over the mean.</summary>
    public const double Tolerance = 1.1;

    /// <summary>Moves until no silo has more than the mean; none when all are within <see cref="Tolerance"/> of it. Nobody gives below the mean, nobody gets above it.</summary>
    /// <param name="counts">Instances of every active silo.</param>
    public static IReadOnlyList<(TSilo From, TSilo To)> Of<TSilo>(IReadOnlyDictionary<TSilo, int> counts) where TSilo : IComparable<TSilo>
    {
        if (counts.Count < 2)
            return [];
        var mean = counts.Values.Sum() / (double)counts.Count;
        var share = (int)Math.Ceiling(mean);
        var now = new Dictionary<TSilo, int>(counts);
        List<(TSilo, TSilo)> moves = [];
        foreach (var from in counts.Keys.Where(silo => counts[silo] > Tolerance * mean).Order())
            while (now[from] > share)
            {
                var to = now.Keys.Order().MinBy(silo => now[silo])!;
                now[from]--;
                now[to]++;
                moves.Add((from, to));
            }
        return moves;
    }
}
