using System.Security.Cryptography;

namespace WhatsApp.Grains.Storage.Exports;

/// <summary>Writes a <see cref="SealedFile"/>. What is not completed cannot be read.</summary>
internal sealed class SealedFileWriter : Stream
{
    private readonly Stream _output;
    private readonly AesGcm _cipher;
    private readonly byte[] _header;
    private readonly byte[] _chunk = new byte[SealedFile.ChunkSize];
    private readonly byte[] _sealed = new byte[SealedFile.ChunkSize + SealedFile.TagSize];
    private int _filled;
    private ulong _number;

    public SealedFileWriter(Stream output, string passphrase)
    {
        _output = output;
        (_header, _cipher) = SealedFile.New(passphrase);
        output.Write(_header);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            // A full chunk is written when more follows: only then it is known not to be the last.
            if (_filled == _chunk.Length)
                WriteChunk(isLast: false);
            var part = buffer[..Math.Min(buffer.Length, _chunk.Length - _filled)];
            part.CopyTo(_chunk.AsSpan(_filled));
            _filled += part.Length;
            buffer = buffer[part.Length..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Writes the last chunk.</summary>
    public void Complete() => WriteChunk(isLast: true);

    public override void Flush() => _output.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            CryptographicOperations.ZeroMemory(_chunk);
        }
        base.Dispose(disposing);
    }

    private void WriteChunk(bool isLast)
    {
        Span<byte> nonce = stackalloc byte[12];
        SealedFile.Nonce(nonce, _number++, isLast);
        _cipher.Encrypt(nonce, _chunk.AsSpan(0, _filled), _sealed.AsSpan(0, _filled), _sealed.AsSpan(_filled, SealedFile.TagSize), _header);
        _output.Write(_sealed, 0, _filled + SealedFile.TagSize);
        _filled = 0;
    }
}
