namespace WhatsApp.Protocol.Store;

/// <summary>What our own phone said about a file that had left the CDN.</summary>
public enum MediaAnswer
{
    /// <summary>It was not asked, or has not answered.</summary>
    None = 0,
    /// <summary>It uploaded the file again: <see cref="StoredMedia.DirectPath"/> is the new place.</summary>
    Found = 1,
    /// <summary>It has no such file, or cannot read the question.</summary>
    Refused = 2,
}

/// <summary>
/// Where the file of a message is and what opens it (wire/05 §8): kept with the message, in the same transaction, whether the file is fetched or not.
/// Key, address and name are sealed at rest.
/// </summary>
/// <param name="Key">The message.</param>
/// <param name="FromMe">Sent by this account.</param>
/// <param name="Kind">Name of a <c>Media.MediaType</c>.</param>
public sealed record StoredMedia(MessageKey Key, bool FromMe, string Kind)
{
    /// <summary>Path on every media host.</summary>
    public string? DirectPath { get; init; }
    /// <summary>Complete address; used only when there is no path.</summary>
    public string? Url { get; init; }
    /// <summary>32 bytes; null for plain files.</summary>
    public byte[]? MediaKey { get; init; }
    /// <summary>Of the file.</summary>
    public byte[]? FileSha256 { get; init; }
    /// <summary>Of the bytes on the CDN.</summary>
    public byte[]? FileEncSha256 { get; init; }
    /// <summary>Bytes; 0 = not said.</summary>
    public long FileLength { get; init; }
    /// <summary>What the sender says it is.</summary>
    public string? Mimetype { get; init; }
    /// <summary>Name, of documents.</summary>
    public string? FileName { get; init; }
    /// <summary>When the message was taken, ms since the Unix epoch.</summary>
    public long CreatedAt { get; init; }
    /// <summary>Uploaded through this API: whoever sent it has it already.</summary>
    public bool OwnUpload { get; init; }
    /// <summary>What our own phone said, when this is its answer.</summary>
    public MediaAnswer Answer { get; init; }

    /// <summary>Kind and size only: key, address and name are not for logs.</summary>
    public override string ToString() => $"{Kind} of {FileLength} bytes";
}
