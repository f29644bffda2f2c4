using System.Buffers;
using BenchmarkDotNet.Attributes;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Benchmarks;

/// <summary>A message as it goes out (six devices, wire/04 §4) and as it comes in (wire/04 §8).</summary>
public class NodeBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private Node _outgoing = new("message"), _incoming = new("message");
    private byte[] _received = [];

    [GlobalSetup]
    public void Compose()
    {
        var ciphertext = new byte[180];
        new Random(1).NextBytes(ciphertext);
        Node Enc(string type) => new("enc", [("v", "2"), ("type", type)], ciphertext);
        Node To(string jid) => new("to", [("jid", jid)], [Enc("msg")]);

        _outgoing = new Node("message",
            [("id", "3EB0A1B2C3D4E5F60718"), ("to", "998877665541@lid"), ("type", "text"), ("peer_recipient_pn", "5511999990000@s.whatsapp.net")],
            [
                new Node("participants", [], [.. new[] { "998877665541@lid", "998877665541:3@lid", "998877665541:9@lid", "112233445566@lid", "112233445566:2@lid", "112233445566:5@lid" }.Select(To)]),
                new Node("reporting", [], [new Node("reporting_token", [("v", "2")], new byte[16])]),
                new Node("tctoken", [], new byte[20]),
            ]);
        _incoming = new Node("message",
            [("from", "998877665541:3@lid"), ("type", "text"), ("id", "3EB0A1B2C3D4E5F60718"), ("t", "1795362180"), ("notify", "Maria Silva"),
             ("sender_pn", "5511999990000@s.whatsapp.net"), ("addressing_mode", "lid")],
            [Enc("msg"), new Node("reporting", [], [new Node("reporting_tag", [], new byte[20])])]);
        _received = NodeWriter.ToArray(_incoming, TokenDictionary.Version3);
    }

    [Benchmark(Description = "Encode a message to six devices")]
    public int EncodeOutgoing() => Encode(_outgoing);

    [Benchmark(Description = "Encode a message to one device")]
    public int EncodeIncoming() => Encode(_incoming);

    [Benchmark(Description = "Decode a received message")]
    public Node Decode() => NodeReader.Read(_received, TokenDictionary.Version3);

    private int Encode(Node node)
    {
        _output.ResetWrittenCount();
        NodeWriter.Write(node, TokenDictionary.Version3, _output);
        return _output.WrittenCount;
    }
}
