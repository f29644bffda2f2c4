namespace WhatsApp.Grains.Abstractions.Instances;

/// <summary>The file of a message.</summary>
/// <param name="Status">stored | lazy (fetched when asked for) | wanted (on its way) | asked (gone from WhatsApp; our phone was asked for it) | failed | removed.</param>
[GenerateSerializer, Alias("wa.FileReport")]
public sealed record FileReport([property: Id(0)] string Status)
{
    /// <summary>image, video, gif, ptv, audio, ptt, document or sticker.</summary>
    [Id(1)] public string Kind { get; init; } = "";
    /// <summary>What the sender says it is.</summary>
    [Id(2)] public string? Mimetype { get; init; }
    /// <summary>What it is by its content; null until it is stored.</summary>
    [Id(3)] public string? ContentType { get; init; }
    /// <summary>Name the sender gave it.</summary>
    [Id(4)] public string? FileName { get; init; }
    /// <summary>Bytes: counted once stored, before that as the sender says.</summary>
    [Id(5)] public long Size { get; init; }
    /// <summary>SHA-256 of the file, base64.</summary>
    [Id(6)] public string? Sha256 { get; init; }
    /// <summary>Where it is in the object store; null until it is stored.</summary>
    [Id(7)] public string? ObjectKey { get; init; }
    /// <summary>Why it failed.</summary>
    [Id(8)] public string? Failure { get; init; }
    /// <summary>When it was stored, ms since the Unix epoch.</summary>
    [Id(9)] public long StoredAt { get; init; }
}
