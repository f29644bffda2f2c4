using System.Text;

namespace WhatsApp.Protocol.Pairing;

/// <summary>
/// The text of a linking QR: <c>ref,noiseKey,identityKey,advSecret[,platformId]</c>, keys in Base64 (wire/01 §6.2).
/// </summary>
/// <remarks>Holds the ADV secret: never log its text.</remarks>
public sealed class QrCodeText
{
    private const string Url = "https://wa.me/settings/linked_devices#";
    private const int KeySize = 32;
    private const int MaxLength = 2048;
    private const int MaxPlatformIdLength = 2;

    /// <summary>Takes the parts as they are; keys are 32 bytes.</summary>
    /// <exception cref="ArgumentException">The ref is empty, or a key has another length.</exception>
    public QrCodeText(string reference, byte[] noiseKey, byte[] identityKey, byte[] advSecret, string? platformId)
    {
        ArgumentException.ThrowIfNullOrEmpty(reference);
        Reference = reference;
        NoiseKey = Key(noiseKey);
        IdentityKey = Key(identityKey);
        AdvSecret = Key(advSecret);
        PlatformId = platformId;
    }

    /// <summary>The server's ref: names the connection that waits.</summary>
    public string Reference { get; }
    /// <summary>Companion's noise public key.</summary>
    public byte[] NoiseKey { get; }
    /// <summary>Companion's identity public key.</summary>
    public byte[] IdentityKey { get; }
    /// <summary>Secret shared by the picture alone.</summary>
    public byte[] AdvSecret { get; }
    /// <summary>Kind of client, one character; null in the old four-field form.</summary>
    public string? PlatformId { get; }

    /// <summary>The form current phones accept: an address with all five fields behind '#'.</summary>
    public string ToUrl()
    {
        var text = new StringBuilder(Url).Append(Reference)
            .Append(',').Append(Convert.ToBase64String(NoiseKey))
            .Append(',').Append(Convert.ToBase64String(IdentityKey))
            .Append(',').Append(Convert.ToBase64String(AdvSecret));
        return text.Append(',').Append(PlatformId ?? "0").ToString();
    }

    /// <summary>Reads all three forms in use: URL, five fields, four fields. A ref may hold commas: keys are taken from the end.</summary>
    public static bool TryParse(string? text, out QrCodeText code)
    {
        code = null!;
        if (text is null || text.Length > MaxLength)
            return false;
        if (text.StartsWith("http", StringComparison.Ordinal))
            text = text[(text.IndexOf('#', StringComparison.Ordinal) + 1)..];
        var fields = text.Split(',');
        var platformId = fields[^1].Length <= MaxPlatformIdLength ? fields[^1] : null;
        var end = platformId is null ? fields.Length : fields.Length - 1;
        if (end < 4 || !TryKey(fields[end - 3], out var noise) || !TryKey(fields[end - 2], out var identity) || !TryKey(fields[end - 1], out var secret))
            return false;
        var reference = string.Join(',', fields, 0, end - 3);
        if (reference.Length == 0)
            return false;
        code = new(reference, noise, identity, secret, platformId);
        return true;
    }

    /// <summary>Says nothing: the text holds a secret.</summary>
    public override string ToString() => "linking QR";

    private static byte[] Key(byte[] key) =>
        key.Length == KeySize ? key : throw new ArgumentException("a key in a QR has 32 bytes", nameof(key));

    private static bool TryKey(string text, out byte[] key)
    {
        key = new byte[KeySize];
        return Convert.TryFromBase64String(text, key, out var written) && written == KeySize;
    }
}
