using System.Buffers.Binary;

namespace WhatsApp.Protocol.Media;

/// <summary>
/// The 64 bars of a voice note, 0 … 100 (wire/05 §7): bar k is the mean of |x| over its 1/64 of the samples, scaled so that the loudest is 100.
/// Samples are mono, 16 bit. Silence or fewer than 64 samples gives 64 zeros.
/// </summary>
public sealed class Waveform
{
    /// <summary>Number of bars.</summary>
    public const int Bars = 64;
    private const double FullScale = 32768;

    private readonly double[] _sums = new double[Bars];
    private readonly long _block;
    private long _position;

    /// <param name="samples">How many samples will come.</param>
    public Waveform(long samples) => _block = samples / Bars;

    /// <summary>All samples at once.</summary>
    public static byte[] Of(ReadOnlySpan<short> samples)
    {
        var waveform = new Waveform(samples.Length);
        foreach (var sample in samples)
            waveform.Add(sample);
        return waveform.ToBytes();
    }

    /// <summary>The next sample.</summary>
    public void Add(short sample)
    {
        if (_position < _block * Bars)
            _sums[_position++ / _block] += Math.Abs(sample / FullScale);
    }

    /// <summary>The next samples as little-endian bytes, whole samples only.</summary>
    public void Add(ReadOnlySpan<byte> littleEndian)
    {
        for (var i = 0; i + 1 < littleEndian.Length; i += 2)
            Add(BinaryPrimitives.ReadInt16LittleEndian(littleEndian[i..]));
    }

    /// <summary>64 bytes.</summary>
    public byte[] ToBytes()
    {
        var bars = new byte[Bars];
        var means = Array.ConvertAll(_sums, sum => _block == 0 ? 0 : sum / _block);
        var loudest = means.Max();
        if (loudest > 0)
            for (var k = 0; k < Bars; k++)
                bars[k] = (byte)Math.Floor(100 * (means[k] * (1 / loudest)));
        return bars;
    }
}
