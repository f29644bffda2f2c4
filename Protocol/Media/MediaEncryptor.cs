using System.Security.Cryptography;

namespace WhatsApp.Protocol.Media;

/// <summary>What to compute beside the file itself.</summary>
public sealed record MediaExtras
{
    /// <summary>Also make the streamingSidecar (video, round video, audio).</summary>
    public bool StreamingSidecar { get; init; }
    /// <summary>Bytes of an animated sticker up to the end of its first frame; 0 = no firstFrameSidecar.</summary>
    public int FirstFrameLength { get; init; }
}

/// <summary>An encrypted file's facts, as they go into the message.</summary>
/// <param name="FileSha256">Of the plaintext, 32 bytes.</param>
/// <param name="FileEncSha256">Of what is uploaded, 32 bytes.</param>
/// <param name="FileLength">Bytes of plaintext.</param>
/// <param name="EncryptedLength">Bytes uploaded.</param>
public sealed record EncryptedMedia(byte[] FileSha256, byte[] FileEncSha256, long FileLength, long EncryptedLength)
{
    /// <summary>10 bytes per 64 KiB, when asked for.</summary>
    public byte[]? StreamingSidecar { get; init; }
    /// <summary>10 bytes, when asked for.</summary>
    public byte[]? FirstFrameSidecar { get; init; }
}

/// <summary>
/// Encrypts a file piece by piece (wire/05 §2): AES-256-CBC with PKCS#7, then the first 10 bytes of HMAC-SHA256(iv ‖ ciphertext).
/// Pure: no I/O; one file per instance.
/// </summary>
internal sealed class MediaEncryptor : IDisposable
{
    public const int BlockSize = 16;
    public const int MacSize = 10;

    private readonly Aes _aes = Aes.Create();
    private readonly IncrementalHash _plainHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _encryptedHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _mac;
    private readonly SidecarHash? _sidecar;
    private readonly FirstFrameHash? _firstFrame;
    private readonly byte[] _previous = new byte[BlockSize];
    private long _plainLength;

    public MediaEncryptor(MediaKeys keys, MediaExtras extras)
    {
        _aes.SetKey(keys.CipherKey);
        _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MacKey);
        keys.Iv.CopyTo(_previous);
        _mac.AppendData(keys.Iv);
        _sidecar = extras.StreamingSidecar ? new SidecarHash(keys) : null;
        _firstFrame = extras.FirstFrameLength > 0 ? new FirstFrameHash(keys, extras.FirstFrameLength) : null;
    }

    /// <summary>Encrypted length of n bytes.</summary>
    public static long LengthOf(long plainLength) => (plainLength / BlockSize + 1) * BlockSize + MacSize;

    /// <summary>Encrypts whole blocks. <paramref name="cipher"/> takes as many bytes.</summary>
    public void Blocks(ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        if (plain.IsEmpty)
            return;
        _plainHash.AppendData(plain);
        _plainLength += plain.Length;
        _aes.EncryptCbc(plain, _previous, cipher, PaddingMode.None);
        cipher.Slice(plain.Length - BlockSize, BlockSize).CopyTo(_previous);
        Written(cipher[..plain.Length]);
    }

    /// <summary>Encrypts the rest (any length), pads it and adds the MAC; returns the bytes written, at most rest + 26.</summary>
    public int Last(ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        var whole = plain.Length / BlockSize * BlockSize;
        Blocks(plain[..whole], cipher);
        var rest = plain[whole..];
        _plainHash.AppendData(rest);
        _plainLength += rest.Length;
        _aes.EncryptCbc(rest, _previous, cipher[whole..], PaddingMode.PKCS7);
        Written(cipher.Slice(whole, BlockSize));
        Span<byte> mac = stackalloc byte[32];
        _mac.GetHashAndReset(mac);
        var tag = cipher.Slice(whole + BlockSize, MacSize);
        mac[..MacSize].CopyTo(tag);
        _encryptedHash.AppendData(tag);
        _sidecar?.Append(tag);
        return whole + BlockSize + MacSize;
    }

    /// <summary>The facts; once, after <see cref="Last"/>.</summary>
    public EncryptedMedia Finish() => new(_plainHash.GetHashAndReset(), _encryptedHash.GetHashAndReset(), _plainLength, LengthOf(_plainLength))
    {
        StreamingSidecar = _sidecar?.Finish(),
        FirstFrameSidecar = _firstFrame?.Finish(),
    };

    public void Dispose()
    {
        _aes.Dispose();
        _plainHash.Dispose();
        _encryptedHash.Dispose();
        _mac.Dispose();
        _sidecar?.Dispose();
        _firstFrame?.Dispose();
    }

    private void Written(ReadOnlySpan<byte> cipher)
    {
        _encryptedHash.AppendData(cipher);
        _mac.AppendData(cipher);
        _sidecar?.Append(cipher);
        _firstFrame?.Append(cipher);
    }
}
