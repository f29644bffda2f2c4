using System.Collections.Immutable;
using Orleans;
using Orleans.Runtime;

namespace WhatsApp.Silo.Cluster;

/// <summary>What <see cref="MembershipRepair"/> does next about the table.</summary>
internal abstract record MembershipStep
{
    /// <summary>A running silo's row is missing: enter it again.</summary>
    public sealed record Enter(MembershipEntry Row) : MembershipStep;

    /// <summary>All running silos are in, but under a version that they have long passed: write our row once more, which raises it by one.</summary>
    public sealed record Raise(MembershipEntry Row) : MembershipStep;

    /// <summary>The table is ahead of what this silo knows.</summary>
    public sealed record CatchUp(MembershipVersion Version) : MembershipStep;
}

/// <summary>
/// How an emptied membership table is filled again. A silo takes no notice of a table whose version is not above the one it knows, and takes a silo for dead that
/// is missing in one that is. So the running silos are entered first, all of them, under the low versions of the new table, which only silos that have just started
/// follow; then the version is raised past what the running ones know, and old and new see the same cluster.
/// </summary>
internal static class MembershipPlan
{
    /// <summary>The next step, or null when all is well.</summary>
    /// <param name="own">This silo.</param>
    /// <param name="known">What this silo knows.</param>
    /// <param name="remembered">Rows as they were last seen, by silo.</param>
    /// <param name="table">What Redis has now.</param>
    public static MembershipStep? Next(SiloAddress own, ClusterMembershipSnapshot known, IImmutableDictionary<SiloAddress, MembershipEntry> remembered, MembershipTableData table)
    {
        // Others may take a leaving or dead silo's row away; only who is active belongs there.
        if (known.GetSiloStatus(own) != SiloStatus.Active)
            return null;
        var present = table.Members.Select(row => row.Item1).ToDictionary(row => row.SiloAddress);
        if (table.Version.Version > known.Version.Value && present.ContainsKey(own))
            return new MembershipStep.CatchUp(new MembershipVersion(table.Version.Version));
        var missing = remembered.Values.FirstOrDefault(row => row.Status == SiloStatus.Active && known.GetSiloStatus(row.SiloAddress) == SiloStatus.Active && !present.ContainsKey(row.SiloAddress));
        if (missing is not null)
            return new MembershipStep.Enter(missing);
        return IsOverlooked(known, table) && present.TryGetValue(own, out var mine) ? new MembershipStep.Raise(mine) : null;
    }

    // Under the very version that is known, a table may still say something else: one that was emptied has come that far by itself.
    private static bool IsOverlooked(ClusterMembershipSnapshot known, MembershipTableData table) => table.Version.Version < known.Version.Value
        || (table.Version.Version == known.Version.Value && table.Members.Any(row => row.Item1.Status != known.GetSiloStatus(row.Item1.SiloAddress)));
}
