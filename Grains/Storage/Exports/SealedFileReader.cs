using System.Security.Cryptography;

namespace WhatsApp.Grains.Storage.Exports;

/// <summary>Reads a <see cref="SealedFile"/>: every byte it gives is authenticated, and the end is the true end.</summary>
internal sealed class SealedFileReader : Stream
{
    private readonly Stream _input;
    private readonly AesGcm _cipher;
    private readonly byte[] _header = new byte[SealedFile.HeaderSize];
    private readonly byte[] _chunk = new byte[SealedFile.ChunkSize];
    // One byte more than a chunk shows whether another follows.
    private readonly byte[] _sealed = new byte[SealedFile.ChunkSize + SealedFile.TagSize + 1];
    private int _ahead;
    private int _taken;
    private int _filled;
    private ulong _number;
    private bool _isLast;

    /// <exception cref="ExportException">No export, one of a newer version, or another passphrase.</exception>
    public SealedFileReader(Stream input, string passphrase)
    {
        _input = input;
        if (input.ReadAtLeast(_header, _header.Length, throwOnEndOfStream: false) < _header.Length)
            throw new ExportException("this file is not an export");
        _cipher = SealedFile.Open(_header, passphrase);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="ExportException">Cut off or changed.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_taken == _filled && !_isLast)
            ReadChunk();
        var count = Math.Min(buffer.Length, _filled - _taken);
        _chunk.AsSpan(_taken, count).CopyTo(buffer);
        _taken += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            CryptographicOperations.ZeroMemory(_chunk);
        }
        base.Dispose(disposing);
    }

    private void ReadChunk()
    {
        var length = _ahead + _input.ReadAtLeast(_sealed.AsSpan(_ahead), _sealed.Length - _ahead, throwOnEndOfStream: false);
        _isLast = length < _sealed.Length;
        var content = (_isLast ? length : length - 1) - SealedFile.TagSize;
        if (content < 0)
            throw Damaged();
        Span<byte> nonce = stackalloc byte[12];
        SealedFile.Nonce(nonce, _number++, _isLast);
        try
        {
            _cipher.Decrypt(nonce, _sealed.AsSpan(0, content), _sealed.AsSpan(content, SealedFile.TagSize), _chunk.AsSpan(0, content), _header);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Damaged();
        }
        (_taken, _filled) = (0, content);
        if (!_isLast)
            (_sealed[0], _ahead) = (_sealed[^1], 1);
    }

    private static ExportException Damaged() => new("this export is damaged: it was cut off or changed");
}
