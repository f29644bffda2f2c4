using System.Buffers;
using CsCheck;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Protocol.Tests.Noise;

public class FrameTests
{
    [Fact]
    public void Frames_come_out_the_same_whatever_the_split_of_the_stream() =>
        Gen.Select(Gen.Byte.Array[0, 700].List[0, 12], Gen.Int[1, 900].List[1, 40]).Sample((payloads, cuts) =>
        {
            var stream = new ArrayBufferWriter<byte>();
            foreach (var payload in payloads)
                FrameBuffer.Write(payload, stream);

            var buffer = new FrameBuffer();
            var read = new List<byte[]>();
            var rest = stream.WrittenMemory;
            for (var i = 0; rest.Length > 0; i++)
            {
                var size = Math.Min(cuts[i % cuts.Count], rest.Length);
                buffer.Append(rest.Span[..size]);
                rest = rest[size..];
                while (buffer.TryRead(out var payload))
                {
                    read.Add(payload.ToArray());
                    payload.Span.Fill(0xEE); // decrypting in place must not touch what follows
                }
            }

            Assert.Equal(payloads, read);
            Assert.Equal(0, buffer.Buffered);
            Assert.Equal(0, buffer.Held);
        }, iter: 300);

    [Fact]
    public void Frames_appended_before_reading_come_out_in_order() =>
        Gen.Byte.Array[0, 5000].List[0, 20].Sample(payloads =>
        {
            var buffer = new FrameBuffer();
            var output = new ArrayBufferWriter<byte>();
            foreach (var payload in payloads)
            {
                FrameBuffer.Write(payload, output);
                buffer.Append(output.WrittenSpan);
                output.Clear();
            }
            Assert.Equal(payloads.Sum(p => p.Length + 3), buffer.Buffered);
            foreach (var payload in payloads)
            {
                Assert.True(buffer.TryRead(out var read));
                Assert.Equal(payload, read.Span);
            }
            Assert.False(buffer.TryRead(out _));
        }, iter: 100);

    [Fact]
    public void An_idle_buffer_holds_no_memory()
    {
        var buffer = new FrameBuffer();
        Assert.Equal(0, buffer.Held);
        buffer.Append([0, 0, 1, 9]);
        Assert.True(buffer.TryRead(out _));
        Assert.False(buffer.TryRead(out _));
        Assert.Equal(0, buffer.Held);
    }

    [Fact]
    public void A_few_waiting_bytes_do_not_keep_a_big_buffer()
    {
        var buffer = new FrameBuffer();
        buffer.Append([0x0F, 0x00, 0x00]);
        buffer.Append(new byte[0x0F0000]);
        buffer.Append([0, 0]);
        Assert.True(buffer.TryRead(out var payload));
        Assert.Equal(0x0F0000, payload.Length);
        Assert.False(buffer.TryRead(out _));
        Assert.Equal(2, buffer.Buffered);
        Assert.InRange(buffer.Held, 2, 64);
        buffer.Append([1, 7]);
        Assert.True(buffer.TryRead(out payload));
        Assert.Equal([7], payload.ToArray());
    }

    [Fact]
    public void An_announced_length_reserves_nothing()
    {
        var buffer = new FrameBuffer();
        buffer.Append([0xFF, 0xFF, 0xFF, 1]);
        Assert.False(buffer.TryRead(out _));
        Assert.InRange(buffer.Held, 4, 64);
    }

    [Fact]
    public void The_largest_frame_passes()
    {
        var output = new ArrayBufferWriter<byte>();
        FrameBuffer.Write(new byte[FrameBuffer.LargestFrame], output);
        var buffer = new FrameBuffer();
        foreach (var part in output.WrittenMemory.ToArray().Chunk(65_536))
            buffer.Append(part);
        Assert.True(buffer.TryRead(out var payload));
        Assert.Equal(FrameBuffer.LargestFrame, payload.Length);
        Assert.Throws<ArgumentException>(() => FrameBuffer.Write(new byte[FrameBuffer.LargestFrame + 1], output));
    }

    [Fact]
    public void A_frame_over_the_limit_is_refused_as_soon_as_its_length_is_known()
    {
        var buffer = new FrameBuffer(maxFrame: 100);
        buffer.Append([0, 0]);
        Assert.False(buffer.TryRead(out _));
        buffer.Append([101]);
        Assert.Throws<NoiseException>(() => buffer.TryRead(out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameBuffer(0x1000000));
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("", 3)]
    [InlineData("08020805", 3)]
    public void A_prologue_is_read_from_any_number_of_pieces(string routing, byte version)
    {
        var bytes = Prologue.Write(version, Convert.FromHexString(routing));
        for (var i = 0; i < bytes.Length; i++)
            Assert.False(Prologue.TryRead(bytes.AsSpan(0, i), out _, out _, out _));

        Assert.True(Prologue.TryRead([.. bytes, 0x57, 0x45], out var read, out var info, out var consumed));
        Assert.Equal(version, read);
        Assert.Equal(routing.Length == 0 ? null : Convert.FromHexString(routing), info);
        Assert.Equal(bytes.Length, consumed);
    }

    [Theory]
    [InlineData("47")]                       // "G" of GET
    [InlineData("5742")]
    [InlineData("574105")]
    [InlineData("4545")]
    [InlineData("45440002")]
    [InlineData("45440001ffffff")]           // routing info of 16 MiB
    [InlineData("45440001000001aa58")]       // after the prefix comes no header
    public void Other_beginnings_are_refused_at_the_first_wrong_byte(string bytes) =>
        Assert.Throws<NoiseException>(() => Prologue.TryRead(Convert.FromHexString(bytes), out _, out _, out _));
}
