using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class PaddingAndHashVectorTests
{
    private const string PaddingFile = "message-padding.json";
    private const string HashFile = "phash.json";

    [Fact]
    public void Valid_padding_is_written_and_removed_as_in_the_vectors()
    {
        var index = 0;
        foreach (var vector in VectorFile.Load(PaddingFile).GetProperty("valid").EnumerateArray())
        {
            var (plain, padded) = (vector.Hex("plain"), vector.Hex("padded"));
            Assert.Equal(padded, MessagePadding.Pad(plain, vector.GetProperty("padLength").GetInt32()));
            Assert.Equal(plain, MessagePadding.Unpad(padded).ToArray());
            VectorFile.Ran(PaddingFile, $"valid/{index++}");
        }
        Assert.Equal(16, index);
    }

    [Fact]
    public void Odd_padding_is_judged_as_recommended()
    {
        var index = 0;
        foreach (var vector in VectorFile.Load(PaddingFile).GetProperty("edge").EnumerateArray())
        {
            var padded = vector.Hex("padded");
            if (vector.GetProperty("recommended").GetString() == "accept")
                Assert.Equal(padded[..^padded[^1]], MessagePadding.Unpad(padded).ToArray());
            else
                Assert.Equal(RetryReason.InvalidMessage, Assert.Throws<SignalException>(() => MessagePadding.Unpad(padded).ToArray()).Reason);
            VectorFile.Ran(PaddingFile, $"edge/{index++}");
        }
        Assert.Equal(7, index);
    }

    [Fact]
    public void Padding_adds_1_to_16_bytes_and_uses_every_length()
    {
        byte[] plain = [7, 7, 7];
        var lengths = new HashSet<int>();
        for (var i = 0; i < 1000; i++)
        {
            var padded = MessagePadding.Pad(plain);
            Assert.Equal(plain, MessagePadding.Unpad(padded).ToArray());
            lengths.Add(padded.Length - plain.Length);
        }
        Assert.Equal(Enumerable.Range(1, 16), lengths.Order());
    }

    [Fact]
    public void Participant_hashes_are_those_of_the_vectors()
    {
        var index = 0;
        foreach (var vector in VectorFile.Load(HashFile).GetProperty("cases").EnumerateArray())
        {
            var devices = vector.GetProperty("devices").EnumerateArray().Select(device => Jid.Parse(device.GetString()!)).ToArray();
            var expected = vector.GetProperty("phash").GetString();
            Assert.Equal(expected, ParticipantHash.Compute(devices));
            Assert.Equal(expected, ParticipantHash.Compute(devices.Reverse()));
            VectorFile.Ran(HashFile, $"cases/{index++}");
        }
        Assert.Equal(13, index);
    }
}
