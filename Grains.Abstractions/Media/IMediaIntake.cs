namespace WhatsApp.Grains.Abstractions.Media;

/// <summary>
/// Brings files of callers into the object store, streamed, bounded and looked at: under <c>staging/INSTANCE/</c> for one send, under <c>uploads/INSTANCE/</c>
/// for several. What nobody sends is swept after a time. Problems: media-too-large, media-fetch-failed, media-url-blocked, media-not-found, each naming the field.
/// </summary>
public interface IMediaIntake
{
    /// <summary>How large files of a kind may be.</summary>
    MediaLimits Limits { get; }

    /// <summary>Takes a file as it comes.</summary>
    /// <param name="rules">What it must keep to.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="length">Bytes, when known.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <exception cref="InstanceProblemException">Too large.</exception>
    Task<StagedMedia> StageAsync(IntakeRules rules, Stream content, long? length, CancellationToken cancellationToken = default);

    /// <summary>Fetches a file: public addresses only, three redirects, each checked.</summary>
    /// <exception cref="InstanceProblemException">Blocked, failed or too large.</exception>
    Task<StagedMedia> FetchAsync(IntakeRules rules, string address, CancellationToken cancellationToken = default);

    /// <summary>Keeps a copy of a staged file for several sends.</summary>
    Task<KeptMedia> KeepAsync(IntakeRules rules, StagedMedia staged, CancellationToken cancellationToken = default);

    /// <summary>A kept file by its mediaId.</summary>
    /// <exception cref="InstanceProblemException">There is none, or it is too large for this use.</exception>
    Task<StagedMedia> FindAsync(IntakeRules rules, string mediaId, CancellationToken cancellationToken = default);

    /// <summary>The send will not happen: a temporary file goes now.</summary>
    Task DiscardAsync(StagedMedia media);
}

/// <summary>A file kept for several sends.</summary>
/// <param name="MediaId">Names it in sends.</param>
/// <param name="File">The file.</param>
public sealed record KeptMedia(string MediaId, StagedMedia File);

/// <summary>Largest files by kind, bytes (rest-api part A). Section <c>Media:MaxMegabytes</c>.</summary>
public sealed record MediaLimits
{
    private const long Mebi = 1024 * 1024;

    /// <summary>Pictures.</summary>
    public long Image { get; init; } = 16 * Mebi;
    /// <summary>Sound.</summary>
    public long Audio { get; init; } = 16 * Mebi;
    /// <summary>Videos.</summary>
    public long Video { get; init; } = 64 * Mebi;
    /// <summary>What stickers are made of.</summary>
    public long Sticker { get; init; } = 16 * Mebi;
    /// <summary>Documents, streamed.</summary>
    public long Document { get; init; } = 2048 * Mebi;
    /// <summary>Anything as base64.</summary>
    public long Base64 { get; init; } = 32 * Mebi;
}
