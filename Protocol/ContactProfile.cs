using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol;

/// <summary>What an account shows of itself to us.</summary>
/// <param name="Exists">Null = the server did not say.</param>
/// <param name="Phone">Phone-number account as the server writes it, when known.</param>
/// <param name="Lid">LID account, when known.</param>
public sealed record ContactProfile(bool? Exists, Jid? Phone, Jid? Lid)
{
    /// <summary>The name the account gave itself, as last seen on a message since this device started; null = none seen.</summary>
    public string? PushName { get; init; }

    /// <summary>Null = none, or hidden from us.</summary>
    public ProfilePicture? Picture { get; init; }

    /// <summary>There may be a picture; we may not see it.</summary>
    public bool PictureHidden { get; init; }

    /// <summary>Null = none, or hidden from us.</summary>
    public string? About { get; init; }

    /// <summary>Seconds since the Unix epoch, when told.</summary>
    public long? AboutSetAt { get; init; }

    /// <summary>There may be an about text; we may not see it.</summary>
    public bool AboutHidden { get; init; }
}

/// <summary>A profile picture on WhatsApp's servers; the address holds for some days.</summary>
/// <param name="Id">Changes with the picture.</param>
/// <param name="Url">Where it is.</param>
/// <param name="DirectPath">The path on any media host.</param>
/// <param name="Type">image | preview.</param>
public sealed record ProfilePicture(string Id, string Url, string? DirectPath, string Type);
