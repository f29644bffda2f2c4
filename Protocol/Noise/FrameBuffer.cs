using System.Buffers;

namespace WhatsApp.Protocol.Noise;

/// <summary>
/// Cuts a byte stream into frames (<c>LL LL LL payload</c>, wire/01 §2.3) whatever the split of the stream. Not thread-safe.
/// Memory grows with the bytes received, never with an announced length, and goes back to the pool when
/// <see cref="TryRead"/> finds nothing left: an idle connection holds none. Read until false after every append.
/// </summary>
public sealed class FrameBuffer
{
    /// <summary>Largest payload the format can carry, bytes.</summary>
    public const int LargestFrame = 0xFFFFFF;

    private const int LengthSize = 3, ShrinkAbove = 16 * 1024;

    private readonly int _maxFrame;
    private byte[] _bytes = [];
    private int _start, _end;

    /// <param name="maxFrame">Largest payload accepted, bytes.</param>
    public FrameBuffer(int maxFrame = LargestFrame)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFrame, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxFrame, LargestFrame);
        _maxFrame = maxFrame;
    }

    /// <summary>Bytes buffered and not yet read.</summary>
    public int Buffered => _end - _start;

    /// <summary>Size of the array held, bytes.</summary>
    internal int Held => _bytes.Length;

    /// <summary>Adds received bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (_bytes.Length - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next whole frame's payload, which may be decrypted in place; valid until the next call on this object.</summary>
    /// <exception cref="NoiseException">A frame longer than the limit; thrown as soon as its length is known.</exception>
    public bool TryRead(out Memory<byte> payload)
    {
        payload = default;
        if (Buffered >= LengthSize)
        {
            var length = _bytes[_start] << 16 | _bytes[_start + 1] << 8 | _bytes[_start + 2];
            if (length > _maxFrame)
                throw new NoiseException("A frame is longer than the limit.");
            if (Buffered - LengthSize >= length)
            {
                payload = _bytes.AsMemory(_start + LengthSize, length);
                _start += LengthSize + length;
                return true;
            }
        }
        Release();
        return false;
    }

    /// <summary>The 3-byte length followed by the payload.</summary>
    /// <exception cref="ArgumentException">Longer than <see cref="LargestFrame"/>.</exception>
    public static void Write(ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        var frame = output.GetSpan(LengthSize + payload.Length);
        WriteLength(payload.Length, frame);
        payload.CopyTo(frame[LengthSize..]);
        output.Advance(LengthSize + payload.Length);
    }

    internal static void WriteLength(int length, Span<byte> frame)
    {
        if (length > LargestFrame)
            throw new ArgumentException("A frame carries at most 16 MiB − 1.", nameof(length));
        (frame[0], frame[1], frame[2]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length);
    }

    private void MakeRoom(int more)
    {
        var needed = Buffered + more;
        if (needed <= _bytes.Length && _start >= Buffered)
            Compact();
        else
            MoveTo(Math.Max(needed, Math.Min(2 * Buffered, LengthSize + _maxFrame)));
    }

    private void Release()
    {
        if (Buffered == 0)
            MoveTo(0);
        else if (_bytes.Length > ShrinkAbove && Buffered < _bytes.Length / 4)
            MoveTo(Buffered);
    }

    private void Compact()
    {
        _bytes.AsSpan(_start, Buffered).CopyTo(_bytes);
        (_start, _end) = (0, Buffered);
    }

    /// <summary>Frames decrypted in place leave plaintext behind: arrays go back cleared.</summary>
    private void MoveTo(int size)
    {
        var old = _bytes;
        _bytes = size == 0 ? [] : ArrayPool<byte>.Shared.Rent(size);
        old.AsSpan(_start, Buffered).CopyTo(_bytes);
        (_start, _end) = (0, Buffered);
        if (old.Length > 0)
            ArrayPool<byte>.Shared.Return(old, clearArray: true);
    }
}
