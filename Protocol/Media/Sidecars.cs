using System.Security.Cryptography;

namespace WhatsApp.Protocol.Media;

/// <summary>
/// The streamingSidecar (wire/05 §6): with S = iv ‖ ciphertext ‖ mac, for n = 0, 1, … the first 10 bytes of
/// HMAC-SHA256(macKey, S[n·65536 … (n+1)·65536 + 16)). Windows overlap by 16 bytes, so two may be open at once.
/// </summary>
internal sealed class SidecarHash : IDisposable
{
    private const int Window = 65536;
    private const int Overlap = 16;

    private readonly MemoryStream _output = new();
    private IncrementalHash _current;
    private IncrementalHash _previous;
    private int _filled;
    private int _missing;

    public SidecarHash(MediaKeys keys)
    {
        _current = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MacKey);
        _previous = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MacKey);
        Append(keys.Iv);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_filled == Window)
                NextWindow();
            var piece = bytes[..Math.Min(bytes.Length, Window - _filled)];
            _current.AppendData(piece);
            _filled += piece.Length;
            if (_missing > 0)
            {
                var shared = Math.Min(_missing, piece.Length);
                _previous.AppendData(piece[..shared]);
                _missing -= shared;
                if (_missing == 0)
                    Emit(_previous);
            }
            bytes = bytes[piece.Length..];
        }
    }

    public byte[] Finish()
    {
        if (_missing > 0)
            Emit(_previous);
        if (_filled > 0)
            Emit(_current);
        return _output.ToArray();
    }

    public void Dispose()
    {
        _current.Dispose();
        _previous.Dispose();
        _output.Dispose();
    }

    private void NextWindow()
    {
        (_previous, _current) = (_current, _previous);
        (_missing, _filled) = (Overlap, 0);
    }

    private void Emit(IncrementalHash hash)
    {
        Span<byte> mac = stackalloc byte[32];
        hash.GetHashAndReset(mac);
        _output.Write(mac[..MediaEncryptor.MacSize]);
    }
}

/// <summary>The firstFrameSidecar (wire/05 §6): first 10 bytes of HMAC-SHA256(macKey, iv ‖ ciphertext[0, length rounded up to a block)).</summary>
internal sealed class FirstFrameHash : IDisposable
{
    private readonly IncrementalHash _hash;
    private long _missing;

    public FirstFrameHash(MediaKeys keys, int firstFrameLength)
    {
        _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MacKey);
        _hash.AppendData(keys.Iv);
        _missing = ((long)firstFrameLength + MediaEncryptor.BlockSize - 1) / MediaEncryptor.BlockSize * MediaEncryptor.BlockSize;
    }

    public void Append(ReadOnlySpan<byte> cipher)
    {
        var piece = cipher[..(int)Math.Min(_missing, cipher.Length)];
        _hash.AppendData(piece);
        _missing -= piece.Length;
    }

    public byte[] Finish() => _hash.GetHashAndReset()[..MediaEncryptor.MacSize];

    public void Dispose() => _hash.Dispose();
}
