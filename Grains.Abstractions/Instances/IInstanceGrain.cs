using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Instances;

/// <summary>
/// One WhatsApp account: owns its protocol socket and session. Key: the instance id.
/// Failures come as <see cref="InstanceProblemException"/>.
/// </summary>
[Alias("wa.IInstanceGrain")]
public interface IInstanceGrain : IGrainWithStringKey
{
    /// <summary>Creates the instance, or returns the existing one when it is identical.</summary>
    [Alias("Create")]
    Task<CreateInstanceResult> CreateAsync(CreateInstance request, CancellationToken cancellationToken = default);

    /// <summary>Makes sure that a desired instance is connected or connecting. Safe to repeat.</summary>
    [Alias("EnsureRunning")]
    Task EnsureRunningAsync(CancellationToken cancellationToken = default);

    /// <summary>Status now.</summary>
    [AlwaysInterleave]
    [Alias("GetStatus")]
    Task<InstanceStatusReport> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>The QR on show; waits for the first or a newer one up to <paramref name="wait"/>. Starts a new round when codes ran out.</summary>
    /// <param name="wait">0 … 30 s.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("GetQr")]
    Task<QrReport> GetQrAsync(TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>A code that links the instance when it is typed on the phone of this number. Starts a new round when codes ran out.</summary>
    /// <param name="phoneNumber">Digits.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <remarks>Problems: already-connected, whatsapp-error (upstreamStatus), rate-limited, instance-not-connected.</remarks>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("RequestPairingCode")]
    Task<PairingCodeReport> RequestPairingCodeAsync(string phoneNumber, CancellationToken cancellationToken = default);

    /// <summary>Sends a message; answers after its delay and the server's ack, or with status "queued" or "scheduled" when it has to wait.</summary>
    /// <remarks>Interleaves: it only queues to the device's pump, which orders the work; a slow ack must not block the next send.</remarks>
    [AlwaysInterleave]
    [ResponseTimeout("00:02:00")]
    [Alias("Send")]
    Task<SendReceipt> SendAsync(SendRequest request, CancellationToken cancellationToken = default);

    /// <summary>Where a stored message stands; message-not-found when there is none of this id.</summary>
    [AlwaysInterleave]
    [Alias("FindMessage")]
    Task<MessageReport> FindMessageAsync(string messageId, CancellationToken cancellationToken = default);

    /// <summary>The file of a message: as it is when stored or still under way after <paramref name="wait"/>. One that nobody fetched is fetched now.</summary>
    /// <param name="messageId">The message.</param>
    /// <param name="wait">0 … 50 s.</param>
    /// <param name="again">The stored object has vanished: fetch it anew.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <remarks>Problems: message-not-found, media-not-found, media-fetch-failed (reason).</remarks>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("GetFile")]
    Task<FileReport> GetFileAsync(string messageId, TimeSpan wait, bool again, CancellationToken cancellationToken = default);

    /// <summary>Closes and re-opens the socket with the same credentials; logged out → a new QR round.</summary>
    [Alias("Restart")]
    Task RestartAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes settings or metadata; effective at once. Returns the instance as it is then.</summary>
    [Alias("Change")]
    Task<InstanceSummary> ChangeAsync(InstanceChange change, CancellationToken cancellationToken = default);

    /// <summary>An endpoint answered 410 and is shown as disabled, or is tried again.</summary>
    [Alias("EndpointGone")]
    Task EndpointGoneAsync(string endpointId, string url, bool gone, CancellationToken cancellationToken = default);

    /// <summary>Unlinks (best effort) and deletes. Works in every state.</summary>
    [ResponseTimeout("00:01:00")]
    [Alias("Delete")]
    Task<DeleteInstanceResult> DeleteAsync(bool logout, bool purge, CancellationToken cancellationToken = default);
}

/// <summary>Reads over all instances, served from storage: never wakes an instance. Key: 0.</summary>
[Alias("wa.IInstanceCatalogGrain")]
public interface IInstanceCatalogGrain : IGrainWithIntegerKey
{
    /// <summary>A page of instances in id order.</summary>
    [Alias("List")]
    Task<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken = default);

    /// <summary>One instance, or null.</summary>
    [Alias("Find")]
    Task<InstanceSummary?> FindAsync(string instanceId, CancellationToken cancellationToken = default);
}
