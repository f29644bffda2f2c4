using Npgsql;
using Orleans.GrainDirectory;
using Orleans.Runtime;

namespace WhatsApp.Grains.Placement;

/// <summary>
/// What Orleans is told of a directory: no address in a silo that is no member of the cluster, and no error that cannot be sent to a caller.
/// <para>
/// After a crash of everything with Redis emptied, a row of a silo that nobody remembers counts until its lease has run out. Orleans would keep such an address for ever,
/// as nobody will ever declare that silo dead: calls to that grain would fail until this silo ends. So they fail, and ask again, until the lease has run out.
/// </para>
/// </summary>
/// <param name="directory">The rows.</param>
/// <param name="membership">Who is a member.</param>
internal sealed class MemberGrainDirectory(IGrainDirectory directory, IClusterMembershipService membership) : IGrainDirectory
{
    public Task<GrainAddress?> Register(GrainAddress address) => AskAsync(() => directory.Register(address));

    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => AskAsync(() => directory.Register(address, previousAddress));

    public Task<GrainAddress?> Lookup(GrainId grainId) => AskAsync(() => directory.Lookup(grainId));

    public Task Unregister(GrainAddress address) => TellAsync(() => directory.Unregister(address));

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => TellAsync(() => directory.UnregisterSilos(siloAddresses));

    private async Task<GrainAddress?> AskAsync(Func<Task<GrainAddress?>> ask)
    {
        GrainAddress? found = null;
        await TellAsync(async () => found = await ask());
        if (found?.SiloAddress is not { } silo || IsKnown(silo))
            return found;
        // One that has just joined.
        await membership.Refresh();
        return IsKnown(silo) ? found : throw new OrleansException($"{found.GrainId} belongs to {silo}, which is no member of this cluster, until its lease has run out");
    }

    private bool IsKnown(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) != SiloStatus.None;

    // Orleans sends the error to the caller as it is, and a gateway has no serializer for the driver's.
    private static async Task TellAsync(Func<Task> tell)
    {
        try
        {
            await tell();
        }
        catch (NpgsqlException error)
        {
#pragma warning disable MA0054 // The driver's error is what must not travel.
            throw new OrleansException($"the grain directory's database does not answer: {error.Message.ReplaceLineEndings(" ")}");
#pragma warning restore MA0054
        }
    }
}
