using System.Text.Json;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class WaveformVectorTests
{
    private const string File = "waveform.json";

    [Fact]
    public void Waveforms_are_those_of_the_vectors_to_within_one()
    {
        var index = 0;
        foreach (var vector in VectorFile.Load(File).GetProperty("cases").EnumerateArray())
        {
            var samples = Generate(vector.GetProperty("generator").GetString()!, vector.GetProperty("samples").GetInt32());
            Assert.Equal(Numbers(vector.GetProperty("firstPcm16")), samples.Take(vector.GetProperty("firstPcm16").GetArrayLength()).Select(sample => (int)sample));

            var waveform = Waveform.Of(samples);

            Assert.Equal(64, waveform.Length);
            Assert.All(waveform.Zip(Numbers(vector.GetProperty("waveform"))), pair => Assert.InRange(pair.First, pair.Second - 1, pair.Second + 1));
            Assert.All(waveform.Zip(vector.Hex("waveformHex")), pair => Assert.InRange(pair.First, pair.Second - 1, pair.Second + 1));
            VectorFile.Ran(File, $"cases/{index++}");
        }
        Assert.Equal(9, index);
    }

    [Fact]
    public void Samples_may_come_as_bytes_in_pieces()
    {
        var samples = Generate("burst", 10_000);
        var bytes = new byte[samples.Length * 2];
        Buffer.BlockCopy(samples, 0, bytes, 0, bytes.Length);
        var waveform = new Waveform(samples.Length);
        foreach (var piece in bytes.Chunk(626))
            waveform.Add(piece);

        Assert.Equal(Waveform.Of(samples), waveform.ToBytes());
    }

    [Fact]
    public void The_loudest_possible_sample_is_counted() =>
        Assert.All(Waveform.Of([.. Enumerable.Repeat(short.MinValue, 640)]), bar => Assert.Equal(100, bar));

    private static IEnumerable<int> Numbers(JsonElement array) => array.EnumerateArray().Select(number => number.GetInt32());

    private static short[] Generate(string generator, int count)
    {
        var samples = new short[count];
        var x = 12345u;
        for (var i = 0; i < count; i++)
            samples[i] = generator switch
            {
                "lcg" => (short)(((x = unchecked(x * 1103515245u + 12345u)) >> 16 & 0xFFFF) - 32768),
                "ramp" => (short)((long)i * 32767 / count * (i % 2 == 1 ? -1 : 1)),
                "burst" => (short)(((long)i * 8 / count % 2 == 1 ? 20000 : 500) * (i % 3 == 0 ? -1 : 1)),
                "square" => (short)(i % 20 < 10 ? 8000 : -8000),
                "silence" => 0,
                _ => throw new InvalidOperationException(generator),
            };
        return samples;
    }
}
