using System.Buffers;
using CsCheck;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Protocol.Tests.Noise;

public class TransportTests
{
    private static (NoiseTransport Client, NoiseTransport Server) Pair(ulong counter = 0)
    {
        static byte[] Key(byte fill) => [.. Enumerable.Repeat(fill, 32)];
        return (new(Key(1), Key(2), counter, counter), new(Key(2), Key(1), counter, counter));
    }

    private static byte[] Frame(NoiseTransport from, byte[] plaintext)
    {
        var output = new ArrayBufferWriter<byte>();
        from.EncryptFrame(plaintext, output);
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void Frames_pass_both_ways_over_any_split() =>
        Gen.Select(Gen.Byte.Array[0, 400].List[1, 10], Gen.Int[1, 100]).Sample((messages, cut) =>
        {
            var (client, server) = Pair();
            foreach (var (from, to) in new[] { (client, server), (server, client) })
            {
                var buffer = new FrameBuffer();
                var read = new List<byte[]>();
                foreach (var part in messages.SelectMany(m => Frame(from, m)).Chunk(cut))
                {
                    buffer.Append(part);
                    while (buffer.TryRead(out var payload))
                        read.Add(to.Decrypt(payload).ToArray());
                }
                Assert.Equal(messages, read);
            }
        }, iter: 200);

    [Fact]
    public void A_tampered_frame_is_fatal() => Gen.Select(Gen.Byte.Array[0, 100], Gen.Int[0, int.MaxValue]).Sample((message, bit) =>
    {
        var (client, server) = Pair();
        var payload = Frame(client, message)[3..];
        var changed = payload.ToArray();
        changed[bit / 8 % changed.Length] ^= (byte)(1 << (bit % 8));
        Assert.Throws<NoiseException>(() => server.Decrypt(changed));
        Assert.Throws<NoiseException>(() => server.Decrypt(payload));
    }, iter: 100);

    [Fact]
    public void Lost_repeated_and_reflected_frames_are_refused()
    {
        var (client, server) = Pair();
        byte[] first = Frame(client, [1])[3..], second = Frame(client, [2])[3..];
        Assert.Throws<NoiseException>(() => server.Decrypt(second));

        (client, server) = Pair();
        server.Decrypt(Frame(client, [1]).AsMemory(3));
        Assert.Throws<NoiseException>(() => server.Decrypt(first));
        Assert.Throws<NoiseException>(() => client.Decrypt(Frame(client, [1]).AsMemory(3)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    public void A_frame_shorter_than_its_tag_is_refused(int length) => Assert.Throws<NoiseException>(() => Pair().Server.Decrypt(new byte[length]));

    [Fact]
    public void The_last_counter_is_used_once_and_then_nothing_passes()
    {
        var (client, server) = Pair(uint.MaxValue);
        Assert.Equal([5], server.Decrypt(Frame(client, [5]).AsMemory(3)).ToArray());
        Assert.Throws<NoiseException>(() => Frame(client, [6]));
        Assert.Throws<NoiseException>(() => server.Decrypt(new byte[20]));
    }

    [Fact]
    public void The_largest_plaintext_fits_a_frame_and_one_more_byte_does_not()
    {
        var (client, server) = Pair();
        var largest = new byte[FrameBuffer.LargestFrame - 16];
        var frame = Frame(client, largest);
        Assert.Equal([0xFF, 0xFF, 0xFF], frame[..3]);
        Assert.Equal(largest.Length, server.Decrypt(frame.AsMemory(3)).Length);
        Assert.Throws<ArgumentException>(() => Frame(client, new byte[largest.Length + 1]));
    }

    [Fact]
    public void Frames_allocate_no_memory()
    {
        var (client, server) = Pair();
        var output = new ArrayBufferWriter<byte>(4096);
        byte[] plaintext = new byte[500], received = new byte[516];
        for (var round = 0; round < 20; round++)
            Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100; round++)
            Pass();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Pass()
        {
            output.ResetWrittenCount();
            client.EncryptFrame(plaintext, output);
            output.WrittenSpan[3..].CopyTo(received);
            server.Decrypt(received);
        }
    }

    [Fact]
    public void A_disposed_transport_refuses_to_work()
    {
        var (client, _) = Pair();
        client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Frame(client, [1]));
    }
}
