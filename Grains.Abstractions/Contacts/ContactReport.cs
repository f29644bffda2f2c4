namespace WhatsApp.Grains.Abstractions.Contacts;

/// <summary>What an account shows of itself.</summary>
/// <param name="Exists">Null = WhatsApp did not say.</param>
/// <param name="Phone">The account as WhatsApp writes it, e.g. 551187654321@s.whatsapp.net, when known.</param>
/// <param name="Lid">Its LID, when known.</param>
[GenerateSerializer, Alias("wa.ContactReport")]
public sealed record ContactReport([property: Id(0)] bool? Exists, [property: Id(1)] string? Phone, [property: Id(2)] string? Lid)
{
    /// <summary>The name last seen on a message of theirs since the instance started, or null.</summary>
    [Id(3)] public string? PushName { get; init; }
    /// <summary>Where the picture is, for some days; null = none or hidden.</summary>
    [Id(4)] public string? PictureUrl { get; init; }
    /// <summary>Changes with the picture.</summary>
    [Id(5)] public string? PictureId { get; init; }
    /// <summary>There may be a picture; this account may not see it.</summary>
    [Id(6)] public bool PictureHidden { get; init; }
    /// <summary>About text; null = none or hidden.</summary>
    [Id(7)] public string? About { get; init; }
    /// <summary>When the about text was set, when told.</summary>
    [Id(8)] public DateTimeOffset? AboutSetAt { get; init; }
    /// <summary>There may be an about text; this account may not see it.</summary>
    [Id(9)] public bool AboutHidden { get; init; }
}
