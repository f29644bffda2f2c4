namespace WhatsApp.Protocol.Media;

/// <summary>What is wrong with a file from the CDN.</summary>
public enum MediaDamage
{
    /// <summary>Shorter than the smallest file, or not whole blocks.</summary>
    Length,
    /// <summary>SHA-256 of the encrypted bytes is not the announced one.</summary>
    EncryptedHash,
    /// <summary>The MAC does not fit: changed bytes, or another key or kind.</summary>
    Mac,
    /// <summary>The last block's padding is not PKCS#7.</summary>
    Padding,
    /// <summary>SHA-256 of the plaintext is not the announced one.</summary>
    PlaintextHash,
}

/// <summary>The bytes are not the announced file. Nothing that was decrypted may be used.</summary>
public sealed class MediaDamagedException(MediaDamage damage) : Exception($"the media file is damaged: {damage}")
{
    /// <summary>The first check that failed.</summary>
    public MediaDamage Damage { get; } = damage;
}
