using System.Security.Cryptography;
using WhatsApp.Protocol.Media;

namespace WhatsApp.Grains.Media;

/// <summary>A caller's file on its way into the store: bounded, counted, hashed, its beginning looked at. Does not own the source.</summary>
internal sealed class IntakeStream(Stream source, string field, long maxLength) : ForwardStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _head = new byte[FileSignature.HeadLength];
    private int _headLength;
    private int _headGiven;

    /// <summary>Bytes so far.</summary>
    public long Count { get; private set; }

    /// <summary>Reads the beginning and tells what the file is.</summary>
    public async Task<string> LookAsync(CancellationToken cancellationToken)
    {
        _headLength = await source.ReadAtLeastAsync(_head, _head.Length, throwOnEndOfStream: false, cancellationToken);
        return FileSignature.Of(_head.AsSpan(0, _headLength));
    }

    /// <summary>Of all bytes, lower-case hex; once, at the end.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        if (_headGiven < _headLength)
        {
            read = Math.Min(buffer.Length, _headLength - _headGiven);
            _head.AsMemory(_headGiven, read).CopyTo(buffer);
            _headGiven += read;
        }
        else
            read = await source.ReadAsync(buffer, cancellationToken);
        Count += read;
        if (Count > maxLength)
            throw MediaProblems.TooLarge(field, maxLength);
        _hash.AppendData(buffer.Span[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }
}
