using BenchmarkDotNet.Attributes;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Benchmarks;

/// <summary>Key pairs, agreement and signatures: the asymmetric part of sessions, pre-keys and pairing.</summary>
public class CurveBenchmarks
{
    private readonly KeyPair _ours = KeyPair.Generate(), _theirs = KeyPair.Generate();
    private readonly byte[] _message = new byte[33], _shared = new byte[32];
    private byte[] _signature = [];

    [GlobalSetup]
    public void Sign() => _signature = XEdDsa.Sign(_ours.PrivateKey, _message);

    [Benchmark(Description = "X25519 agree")]
    public void Agree() => Curve25519.Agree(_ours.PrivateKey, _theirs.PublicKey, _shared);

    [Benchmark(Description = "Key pair")]
    public KeyPair Generate() => _ours.PublicKey.Length > 0 ? KeyPair.Generate() : _ours;

    [Benchmark(Description = "XEdDSA sign, 33 bytes")]
    public byte[] SignMessage() => XEdDsa.Sign(_ours.PrivateKey, _message);

    [Benchmark(Description = "XEdDSA verify, 33 bytes")]
    public bool Verify() => XEdDsa.Verify(_ours.PublicKey, _message, _signature);
}
