using Orleans.Runtime;
using WhatsApp.Grains.Abstractions.Clusters;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Clusters;

/// <summary>The report from its parts. Pure.</summary>
internal static class ClusterPicture
{
    /// <summary>Puts them together.</summary>
    /// <param name="at">Now.</param>
    /// <param name="members">Silos of the membership that have not gone, each with its own answer.</param>
    /// <param name="counts">From the database; null when it did not answer.</param>
    public static ClusterReport Of(DateTimeOffset at, IReadOnlyCollection<(ClusterMember Member, (SiloSelfReport? Report, bool IsLate) Self)> members, OwnershipCounts? counts)
    {
        var owners = (counts?.Owners ?? []).Where(owner => owner.Owner is not null).ToDictionary(owner => owner.Owner!, StringComparer.Ordinal);
        var silos = members.Select(one => Silo(one.Member.SiloAddress.ToParsableString(), StatusOf(one.Member.Status, one.Self.IsLate), one.Self.Report, owners, counts)).ToList();
        var alive = silos.Select(silo => silo.Node).ToHashSet(StringComparer.Ordinal);
        silos.AddRange(owners.Keys.Where(owner => !alive.Contains(owner)).Select(owner => Silo(owner, "gone", null, owners, counts)));
        return new ClusterReport
        {
            At = at,
            StorageAnswers = counts is not null,
            Silos = [.. silos.OrderBy(silo => silo.Node, StringComparer.Ordinal)],
            Totals = Totals(silos, (counts?.Owners ?? []).FirstOrDefault(owner => owner.Owner is null)),
            Moves = [.. (counts?.Moves ?? []).Select(move => new MoveReport(move.InstanceId, move.FromNode, move.ToNode, move.Reason, move.At, (long?)move.Downtime?.TotalMilliseconds))],
        };
    }

    private static string StatusOf(SiloStatus status, bool isLate) => isLate ? "unreachable" : status switch
    {
        SiloStatus.Joining => "joining",
        SiloStatus.Active => "active",
        _ => "stopping",
    };

    private static SiloReport Silo(string node, string status, SiloSelfReport? self, Dictionary<string, OwnerCounts> owners, OwnershipCounts? counts)
    {
        var owned = owners.GetValueOrDefault(node);
        return new SiloReport
        {
            Node = node,
            Status = status,
            Self = self,
            LastAliveAt = counts is not null && counts.LastAlive.TryGetValue(node, out var seen) ? seen : null,
            Instances = owned?.Instances ?? 0,
            Desired = owned?.Desired ?? 0,
            Open = owned?.Open ?? 0,
            Connecting = owned?.Connecting ?? 0,
            HighestEpoch = owned?.HighestEpoch ?? 0,
            Backlog = owned?.Backlog ?? 0,
            OldestEvent = owned?.OldestEvent,
        };
    }

    // What a silo that is gone has said last is not true any more: its instances are open nowhere and have no owner.
    private static ClusterTotals Totals(IReadOnlyCollection<SiloReport> silos, OwnerCounts? free)
    {
        var gone = silos.Where(silo => silo.Status == "gone").ToList();
        var since = gone.Where(silo => silo.Desired > 0).Select(silo => silo.LastAliveAt).Append(free?.FreeSince).Min();
        return new ClusterTotals
        {
            Instances = silos.Sum(silo => silo.Instances) + (free?.Instances ?? 0),
            Desired = silos.Sum(silo => silo.Desired) + (free?.Desired ?? 0),
            Open = silos.Where(silo => silo.Status is not ("gone" or "unreachable")).Sum(silo => silo.Open),
            WithoutOwner = gone.Sum(silo => silo.Desired) + (free?.Desired ?? 0),
            WithoutOwnerSince = since,
            Backlog = silos.Sum(silo => silo.Backlog) + (free?.Backlog ?? 0),
            OldestEvent = silos.Select(silo => silo.OldestEvent).Append(free?.OldestEvent).Min(),
        };
    }
}
