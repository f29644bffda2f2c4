using System.Buffers;
using BenchmarkDotNet.Attributes;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Benchmarks;

/// <summary>A stanza's way through the socket's cipher, and a whole handshake.</summary>
public class NoiseBenchmarks
{
    private static readonly byte[] Payload = new byte[200];
    private readonly KeyPair _root = KeyPair.Generate(), _server = KeyPair.Generate(), _client = KeyPair.Generate();
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly FrameBuffer _frames = new();
    private readonly byte[] _plaintext = new byte[500];
    private byte[] _chain = [];
    private CertificateValidator _roots = new(CertificateValidator.ProductionRoot, TimeProvider.System);
    private NoiseTransport? _up, _down;

    [GlobalSetup]
    public void Connect()
    {
        var now = TimeProvider.System.GetUtcNow();
        _chain = CertificateIssuer.Issue(_root, KeyPair.Generate(), _server.PublicKey, now.AddDays(-1), now.AddDays(1));
        _roots = new CertificateValidator(_root.PublicKey, TimeProvider.System);
        (_up, _down) = Shake(null);
    }

    [Benchmark(Description = "Frame of 500 bytes: encrypt, cut, decrypt")]
    public int Frame()
    {
        _output.ResetWrittenCount();
        _up!.EncryptFrame(_plaintext, _output);
        _frames.Append(_output.WrittenSpan);
        _frames.TryRead(out var payload);
        var length = _down!.Decrypt(payload).Length;
        _frames.TryRead(out _);
        return length;
    }

    [Benchmark(Description = "Frame of 500 bytes: encrypt")]
    public void Encrypt()
    {
        _output.ResetWrittenCount();
        _up!.EncryptFrame(_plaintext, _output);
    }

    [Benchmark(Description = "Handshake XX, both sides")]
    public void HandshakeXx() => Close(Shake(null));

    [Benchmark(Description = "Handshake IK, both sides")]
    public void HandshakeIk() => Close(Shake(_server.PublicKey));

    private (NoiseTransport Up, NoiseTransport Down) Shake(byte[]? known)
    {
        var client = new ClientHandshake(_client, KeyPair.Generate(), 3, Payload, _roots, known);
        var server = new ServerHandshake(_server, KeyPair.Generate(), 3, _chain);
        if (client.ReadServerHello(server.ReadClientHello(client.Start())) is { } finish)
            server.ReadClientFinish(finish);
        return (client.Transport, server.Transport);
    }

    private static void Close((NoiseTransport Up, NoiseTransport Down) transports)
    {
        transports.Up.Dispose();
        transports.Down.Dispose();
    }
}
