namespace WhatsApp.Grains.Abstractions.Media;

/// <summary>A file in the object store that is about to be sent.</summary>
/// <param name="Key">Where it lies.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Mimetype">By its content.</param>
/// <param name="Sha256">Of its bytes, lower-case hex.</param>
[GenerateSerializer, Alias("wa.StagedMedia")]
public sealed record StagedMedia([property: Id(0)] string Key, [property: Id(1)] long Length, [property: Id(2)] string Mimetype, [property: Id(3)] string Sha256)
{
    /// <summary>Name it came with, or null.</summary>
    [Id(4)] public string? FileName { get; init; }
    /// <summary>Belongs to this one send: goes when that is over.</summary>
    [Id(5)] public bool IsTemporary { get; init; } = true;
    /// <summary>For uploads kept for several sends.</summary>
    [Id(6)] public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>What a file must keep to, and how it is named in problems.</summary>
/// <param name="InstanceId">Whose file it is.</param>
/// <param name="Field">Name of the request's field: url, base64, file, mediaId.</param>
/// <param name="MaxLength">Bytes.</param>
public sealed record IntakeRules(string InstanceId, string Field, long MaxLength)
{
    /// <summary>Name given by the caller, or null.</summary>
    public string? FileName { get; init; }
    /// <summary>False: a web page at an address is a mistake, not the file.</summary>
    public bool TakesPages { get; init; }
}
