using Orleans.Concurrency;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Contacts;

/// <summary>Lists from storage; wakes no instance.</summary>
[StatelessWorker]
internal sealed class LidMappingsGrain(ISessionStore sessions, IInstanceRegistry registry) : Grain, ILidMappingsGrain
{
    public async Task<LidMappingPage> ListAsync(string instanceId, LidMappingQuery query, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(instanceId, cancellationToken) is null)
            throw new InstanceProblemException("instance-not-found", $"there is no instance {instanceId}");
        var (rows, total, more) = await sessions.ListLidMappingsAsync(instanceId, query, cancellationToken);
        return new LidMappingPage([.. rows.Select(Info)], more ? rows[^1].Phone.User : null, total);
    }

    /// <summary>A stored pair as the API shows it.</summary>
    public static LidMappingInfo Info(LidMapping row) =>
        new(row.Phone.ToString(), row.Lid.ToString(), SourceOf(row.Source), DateTimeOffset.FromUnixTimeMilliseconds(row.UpdatedAt));

    // The protocol says more exactly where a pair came from than the API does.
    private static string SourceOf(string source) => source switch
    {
        "message" or "usync" or "history" or "manual" => source,
        "migration" => "history",
        "devices" => "usync",
        _ => "contact",
    };
}
