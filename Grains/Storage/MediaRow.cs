using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>How far the file of a message has come.</summary>
public enum MediaState
{
    /// <summary>Fetched when somebody asks for it.</summary>
    Described = 0,
    /// <summary>To be fetched; whoever owns the instance goes on with it.</summary>
    Wanted = 1,
    /// <summary>In the object store, checked.</summary>
    Stored = 2,
    /// <summary>Gone from the CDN; our own phone was asked to upload it again.</summary>
    Asked = 3,
    /// <summary>Given up; see the reason.</summary>
    Failed = 4,
    /// <summary>Was stored; its time is over.</summary>
    Removed = 5,
}

/// <summary>A message's file: how to fetch it, and where it is kept.</summary>
/// <param name="Media">From the message.</param>
/// <param name="State">How far it is.</param>
public sealed record MediaRow(StoredMedia Media, MediaState State)
{
    /// <summary>Number of the event that told of it; 0 = none.</summary>
    public long EventSequence { get; init; }
    /// <summary>Downloads tried since it was last wanted.</summary>
    public int Attempts { get; init; }
    /// <summary>How often our phone was asked.</summary>
    public int Asks { get; init; }
    /// <summary>Next try, ms since the Unix epoch.</summary>
    public long DueAt { get; init; }
    /// <summary>Why it failed: a short word, e.g. <c>damaged</c>.</summary>
    public string? Failure { get; init; }
    /// <summary>Where it is in the object store.</summary>
    public string? ObjectKey { get; init; }
    /// <summary>What it is by its content.</summary>
    public string? ContentType { get; init; }
    /// <summary>Bytes.</summary>
    public long StoredLength { get; init; }
    /// <summary>When it was stored, ms since the Unix epoch.</summary>
    public long StoredAt { get; init; }
    /// <summary>When it is to be removed, ms since the Unix epoch; null = never.</summary>
    public long? ExpiresAt { get; init; }
}
