using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Contacts;

/// <summary>
/// The contacts of one instance: the same activation as <see cref="Instances.IInstanceGrain"/>. Key: the instance id.
/// Failures come as <see cref="InstanceProblemException"/>.
/// </summary>
/// <remarks>Interleaves: calls only queue to the device's pump or wait for the server.</remarks>
[Alias("wa.IContactsGrain")]
public interface IContactsGrain : IGrainWithStringKey
{
    /// <summary>Enters phone ↔ LID pairs; what the server told is replaced only with <paramref name="force"/>.</summary>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("PutLidMappings")]
    Task<LidMappingsTaken> PutLidMappingsAsync(IReadOnlyList<LidPairEntry> pairs, bool force, CancellationToken cancellationToken = default);

    /// <summary>Asks which numbers are on WhatsApp; answers in their order.</summary>
    /// <param name="phones">1 … 100 normalised phone-number addresses.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("CheckNumbers")]
    Task<IReadOnlyList<NumberCheckResult>> CheckNumbersAsync(IReadOnlyList<string> phones, CancellationToken cancellationToken = default);

    /// <summary>Asks what an account shows of itself.</summary>
    /// <param name="account">Normalised address, by phone number or LID.</param>
    /// <param name="preview">The small picture.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:30")]
    [Alias("GetContact")]
    Task<ContactReport> GetContactAsync(string account, bool preview, CancellationToken cancellationToken = default);
}

/// <summary>Phone ↔ LID pairs of an instance, served from storage: never wakes an instance. Key: 0.</summary>
[Alias("wa.ILidMappingsGrain")]
public interface ILidMappingsGrain : IGrainWithIntegerKey
{
    /// <summary>A page of the pairs that hold now.</summary>
    /// <exception cref="InstanceProblemException">instance-not-found.</exception>
    [Alias("List")]
    Task<LidMappingPage> ListAsync(string instanceId, LidMappingQuery query, CancellationToken cancellationToken = default);
}
