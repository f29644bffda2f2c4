using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Protocol.Media;

/// <summary>The keys of one file: 112 bytes, iv(16) ‖ cipher key(32) ‖ mac key(32) ‖ ref key(32, unused) (wire/05 §2).</summary>
public sealed class MediaKeys : IDisposable
{
    /// <summary>Length of a media key.</summary>
    public const int MediaKeySize = 32;
    private const int ExpandedSize = 112;

    private readonly byte[] _expanded = new byte[ExpandedSize];

    private MediaKeys() { }

    /// <summary>Expands a media key: HKDF-SHA256, no salt, the kind's info.</summary>
    /// <param name="mediaKey">32 bytes.</param>
    /// <param name="type">The same key gives different files for different kinds.</param>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static MediaKeys Derive(ReadOnlySpan<byte> mediaKey, MediaType type)
    {
        if (mediaKey.Length != MediaKeySize)
            throw new ArgumentException("A media key has 32 bytes.", nameof(mediaKey));
        var keys = new MediaKeys();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, mediaKey, keys._expanded, [], Encoding.ASCII.GetBytes(type.KeyInfo));
        return keys;
    }

    /// <summary>A fresh media key.</summary>
    public static byte[] NewMediaKey() => RandomNumberGenerator.GetBytes(MediaKeySize);

    /// <summary>All 112 bytes.</summary>
    public ReadOnlySpan<byte> Expanded => _expanded;
    /// <summary>16 bytes; not stored on the CDN.</summary>
    public ReadOnlySpan<byte> Iv => _expanded.AsSpan(0, 16);
    /// <summary>32 bytes, AES-256-CBC.</summary>
    public ReadOnlySpan<byte> CipherKey => _expanded.AsSpan(16, 32);
    /// <summary>32 bytes, HMAC-SHA256.</summary>
    public ReadOnlySpan<byte> MacKey => _expanded.AsSpan(48, 32);
    /// <summary>32 bytes, used by nobody.</summary>
    public ReadOnlySpan<byte> RefKey => _expanded.AsSpan(80, 32);

    /// <summary>Wipes the keys.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_expanded);
}
