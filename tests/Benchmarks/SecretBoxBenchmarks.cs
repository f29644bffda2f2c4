using BenchmarkDotNet.Attributes;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Benchmarks;

/// <summary>Sealing a session record on its way to the database.</summary>
public class SecretBoxBenchmarks
{
    private readonly SecretBox _box = new(new byte[32]);
    private readonly byte[] _record = new byte[600];
    private byte[] _sealed = [];

    [GlobalSetup]
    public void Prepare() => _sealed = Seal();

    [Benchmark(Description = "Seal 600 bytes")]
    public byte[] Seal() => _box.Seal(_record, "instance|session|5511999990000:7@s.whatsapp.net");

    [Benchmark(Description = "Open 600 bytes")]
    public byte[] Open() => _box.Open(_sealed, "instance|session|5511999990000:7@s.whatsapp.net");
}
