using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Grains.Abstractions.Instances;

/// <summary>How a file is to be shown.</summary>
[GenerateSerializer, Alias("wa.MediaKind")]
public enum MediaKind
{
    /// <summary>A picture.</summary>
    Image,
    /// <summary>A video with sound.</summary>
    Video,
    /// <summary>Silent, looping.</summary>
    Gif,
    /// <summary>A round video.</summary>
    VideoNote,
    /// <summary>An audio file.</summary>
    Audio,
    /// <summary>A voice note.</summary>
    Voice,
    /// <summary>Any file.</summary>
    Document,
    /// <summary>A sticker.</summary>
    Sticker,
}

/// <summary>A file.</summary>
[GenerateSerializer, Alias("wa.SendContent.Media")]
public sealed record MediaContent([property: Id(0)] MediaKind Kind, [property: Id(1)] StagedMedia File) : SendContent
{
    /// <summary>Text below it, or null.</summary>
    [Id(2)] public string? Caption { get; init; }
    /// <summary>Name of a document; null = the file's own.</summary>
    [Id(3)] public string? FileName { get; init; }
    /// <summary>What the caller says it is; documents only.</summary>
    [Id(4)] public string? Mimetype { get; init; }
    /// <summary>To be opened once.</summary>
    [Id(5)] public bool ViewOnce { get; init; }
    /// <summary>Large pictures stay large.</summary>
    [Id(6)] public bool Hd { get; init; }
    /// <summary>False: sent as it is, or refused.</summary>
    [Id(7)] public bool Convert { get; init; } = true;
    /// <summary>64 bars of a voice note instead of computed ones.</summary>
    [Id(8)] public byte[]? Waveform { get; init; }
    /// <summary>Pack a sticker belongs to.</summary>
    [Id(9)] public string? Pack { get; init; }
    /// <summary>Author of a sticker.</summary>
    [Id(10)] public string? Author { get; init; }
}
