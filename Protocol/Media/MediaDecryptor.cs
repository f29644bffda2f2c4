using System.Security.Cryptography;

namespace WhatsApp.Protocol.Media;

/// <summary>
/// Takes a file from the CDN piece by piece and gives back what may be written so far; the last block and the MAC are held back.
/// Nothing written may be used before <see cref="Finish"/> has returned. Encrypted files: AES-256-CBC, HMAC, both hashes
/// (wire/05 §2, checks in its order); plain files (channels): the hash alone. Pure: no I/O; one file per instance.
/// </summary>
internal sealed class MediaDecryptor : IDisposable
{
    private const int Tail = MediaEncryptor.BlockSize + MediaEncryptor.MacSize;

    private readonly Aes? _aes;
    private readonly IncrementalHash? _mac;
    private readonly IncrementalHash _plainHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _blobHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _previous = new byte[MediaEncryptor.BlockSize];
    private readonly byte[] _held = new byte[Tail + MediaEncryptor.BlockSize];
    private int _heldLength;

    /// <param name="keys">Null for a file that is not encrypted.</param>
    public MediaDecryptor(MediaKeys? keys)
    {
        if (keys is null)
            return;
        _aes = Aes.Create();
        _aes.SetKey(keys.CipherKey);
        _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MacKey);
        keys.Iv.CopyTo(_previous);
        _mac.AppendData(keys.Iv);
    }

    /// <summary>Room a piece of n bytes needs in the output.</summary>
    public static int RoomFor(int length) => length + Tail + MediaEncryptor.BlockSize;

    /// <summary>Takes the next bytes; returns how many bytes of plaintext were put into <paramref name="plain"/>.</summary>
    public int Take(ReadOnlySpan<byte> bytes, Span<byte> plain)
    {
        _blobHash.AppendData(bytes);
        if (_aes is null)
        {
            _plainHash.AppendData(bytes);
            bytes.CopyTo(plain);
            return bytes.Length;
        }
        var ready = Math.Max(0, _heldLength + bytes.Length - Tail) / MediaEncryptor.BlockSize * MediaEncryptor.BlockSize;
        var written = 0;
        // First a block that begins with held bytes, then straight from the input.
        while (written < ready && _heldLength > 0)
        {
            var missing = Math.Max(0, MediaEncryptor.BlockSize - _heldLength);
            bytes[..missing].CopyTo(_held.AsSpan(_heldLength));
            bytes = bytes[missing..];
            _heldLength += missing;
            Decrypt(_held.AsSpan(0, MediaEncryptor.BlockSize), plain[written..]);
            _heldLength -= MediaEncryptor.BlockSize;
            _held.AsSpan(MediaEncryptor.BlockSize, _heldLength).CopyTo(_held);
            written += MediaEncryptor.BlockSize;
        }
        if (written < ready)
        {
            Decrypt(bytes[..(ready - written)], plain[written..]);
            bytes = bytes[(ready - written)..];
            written = ready;
        }
        bytes.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += bytes.Length;
        return written;
    }

    /// <summary>The end: checks everything, then gives the last bytes of plaintext.</summary>
    /// <param name="fileSha256">Announced hash of the plaintext, or null.</param>
    /// <param name="fileEncSha256">Announced hash of the blob, or null.</param>
    /// <param name="plain">Room for 16 bytes.</param>
    /// <exception cref="MediaDamagedException">What was written before must be thrown away.</exception>
    public int Finish(byte[]? fileSha256, byte[]? fileEncSha256, Span<byte> plain)
    {
        if (_aes is not null && _heldLength < Tail)
            throw new MediaDamagedException(MediaDamage.Length);
        if (!IsHash(_blobHash, fileEncSha256))
            throw new MediaDamagedException(MediaDamage.EncryptedHash);
        var written = _aes is null ? 0 : FinishCipher(plain);
        if (!IsHash(_plainHash, fileSha256))
            throw new MediaDamagedException(MediaDamage.PlaintextHash);
        return written;
    }

    public void Dispose()
    {
        _aes?.Dispose();
        _mac?.Dispose();
        _plainHash.Dispose();
        _blobHash.Dispose();
        CryptographicOperations.ZeroMemory(_held);
    }

    private int FinishCipher(Span<byte> plain)
    {
        var block = _held.AsSpan(0, MediaEncryptor.BlockSize);
        if (_heldLength != Tail)
            throw new MediaDamagedException(MediaDamage.Length);
        _mac!.AppendData(block);
        Span<byte> mac = stackalloc byte[32];
        _mac.GetHashAndReset(mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..MediaEncryptor.MacSize], _held.AsSpan(MediaEncryptor.BlockSize, MediaEncryptor.MacSize)))
            throw new MediaDamagedException(MediaDamage.Mac);
        if (!_aes!.TryDecryptCbcUnpadded(block, _previous, plain, out var written))
            throw new MediaDamagedException(MediaDamage.Padding);
        _plainHash.AppendData(plain[..written]);
        return written;
    }

    private void Decrypt(ReadOnlySpan<byte> blocks, Span<byte> plain)
    {
        _mac!.AppendData(blocks);
        _aes!.DecryptCbc(blocks, _previous, plain, PaddingMode.None);
        blocks[^MediaEncryptor.BlockSize..].CopyTo(_previous);
        _plainHash.AppendData(plain[..blocks.Length]);
    }

    private static bool IsHash(IncrementalHash hash, byte[]? announced) =>
        announced is not { Length: > 0 } || CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), announced);
}

/// <summary>The last block of a file: its padding decides the length.</summary>
internal static class LastBlock
{
    /// <summary>Decrypts one block and removes its PKCS#7 padding; false when that is malformed.</summary>
    public static bool TryDecryptCbcUnpadded(this Aes aes, ReadOnlySpan<byte> block, ReadOnlySpan<byte> previous, Span<byte> plain, out int length)
    {
        Span<byte> padded = stackalloc byte[MediaEncryptor.BlockSize];
        aes.DecryptCbc(block, previous, padded, PaddingMode.None);
        int count = padded[^1];
        length = 0;
        if (count is 0 or > MediaEncryptor.BlockSize || padded[^count..].ContainsAnyExcept((byte)count))
            return false;
        length = MediaEncryptor.BlockSize - count;
        padded[..length].CopyTo(plain);
        return true;
    }
}
