using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Noise;

/// <summary>Every value of noise.json: key schedule step by step, messages byte by byte, transport frames in both directions.</summary>
public class NoiseVectorTests
{
    private const string File = "noise.json";
    private static readonly JsonElement Vectors = VectorFile.Load(File);
    private static readonly byte[] Chain = Vectors.GetProperty("certificate").Hex("chain");
    private static readonly byte[] Payload = Vectors.GetProperty("clientPayload").Hex("bytes");

    private static KeyPair Key(string name) => KeyPair.FromPrivate(Vectors.GetProperty("keys").GetProperty(name).Hex("private"));

    private static CertificateValidator Roots() =>
        new(Key("root").PublicKey, new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_795_000_000)));

    private static ClientHandshake Client(byte[]? knownServerStatic = null) =>
        new(Key("clientStatic"), Key("clientEphemeral"), 3, Payload, Roots(), knownServerStatic);

    private static ServerHandshake Server(string staticKey = "serverStatic") => new(Key(staticKey), Key("serverEphemeral"), 3, Chain);

    public static TheoryData<string> KeyNames() => [.. Vectors.GetProperty("keys").EnumerateObject().Select(p => p.Name)];

    [Theory, MemberData(nameof(KeyNames))]
    public void Public_keys_follow_from_private_keys(string name)
    {
        Assert.Equal(Vectors.GetProperty("keys").GetProperty(name).Hex("public"), Key(name).PublicKey);
    }

    [Fact]
    public void Xx_matches_step_by_step_and_message_by_message()
    {
        AssertKeySchedule("xx");
        var messages = Vectors.GetProperty("xx").GetProperty("messages");
        ClientHandshake client = Client();
        ServerHandshake server = Server();

        var hello = client.Start();
        Assert.Equal(messages[0].Hex("protobuf"), hello);
        Assert.Equal(messages[0].Hex("wire"), Wire(Prologue.Write(3, []), hello));
        Assert.Equal(Vectors.Hex("prologue"), Prologue.Header(3));
        AssertState(After("xx", 2), client.State);

        var routed = messages[0].GetProperty("wireWithRouting");
        Assert.Equal(routed.Hex("wire"), Wire(Prologue.Write(3, routed.Hex("routingInfo")), hello));
        Assert.True(Prologue.TryRead(routed.Hex("wire"), out var version, out var routing, out var consumed));
        Assert.Equal(3, version);
        Assert.Equal(routed.Hex("routingInfo"), routing);
        Assert.Equal(routed.Hex("wire").Length - messages[0].Hex("wire").Length + 4, consumed);

        var answer = server.ReadClientHello(hello);
        Assert.Equal(messages[1].Hex("protobuf"), answer);
        Assert.Equal(messages[1].Hex("wire"), Wire([], answer));
        AssertState(After("xx", 7), server.State);

        var finish = client.ReadServerHello(answer);
        Assert.Equal(messages[2].Hex("protobuf"), finish);
        Assert.Equal(messages[2].Hex("wire"), Wire([], finish!));
        server.ReadClientFinish(finish);
        AssertComplete("xx", client, server);
        VectorFile.Ran(File, "xx");
    }

    [Fact]
    public void Ik_matches_step_by_step_and_message_by_message()
    {
        AssertKeySchedule("ik");
        var messages = Vectors.GetProperty("ik").GetProperty("messages");
        ClientHandshake client = Client(Key("serverStatic").PublicKey);
        ServerHandshake server = Server();

        var hello = client.Start();
        Assert.Equal(messages[0].Hex("protobuf"), hello);
        Assert.Equal(messages[0].Hex("wire"), Wire(Prologue.Write(3, []), hello));
        AssertState(After("ik", 7), client.State);

        var answer = server.ReadClientHello(hello);
        Assert.Equal(messages[1].Hex("protobuf"), answer);
        Assert.Equal(messages[1].Hex("wire"), Wire([], answer));
        Assert.Null(client.ReadServerHello(answer));
        Assert.False(client.FellBack);
        AssertComplete("ik", client, server);
        VectorFile.Ran(File, "ik");
    }

    [Fact]
    public void Xxfallback_matches_step_by_step_and_message_by_message()
    {
        AssertKeySchedule("xxFallback");
        var expected = Vectors.GetProperty("xxFallback");
        ClientHandshake client = Client(Key("root").PublicKey); // a key the server does not have
        ServerHandshake server = Server();

        var answer = server.ReadClientHello(client.Start());
        Assert.Equal(expected.Hex("serverHello"), answer);
        AssertState(After("xxFallback", 7), server.State);

        var finish = client.ReadServerHello(answer);
        Assert.Equal(expected.Hex("clientFinish"), finish);
        server.ReadClientFinish(finish);
        Assert.True(client.FellBack);
        Assert.True(server.FellBack);
        AssertComplete("xxFallback", client, server);
        VectorFile.Ran(File, "xxFallback");
    }

    [Theory]
    [InlineData("clientToServer")]
    [InlineData("serverToClient")]
    public void Transport_frames_match_in_both_roles(string direction)
    {
        NoiseTransport sender = Transport(direction), receiver = Transport(Opposite(direction));
        var buffer = new FrameBuffer();
        foreach (var frame in Frames(direction))
            buffer.Append(frame.Hex("wire")); // all frames in one WebSocket message
        foreach (var frame in Frames(direction))
        {
            var counter = frame.GetProperty("counter").GetUInt32();
            var output = new ArrayBufferWriter<byte>();
            sender.EncryptFrame(frame.Hex("plaintext"), output);
            Assert.Equal(frame.Hex("wire"), output.WrittenSpan);
            Assert.Equal(frame.Hex("ciphertext"), output.WrittenSpan[3..]);
            Assert.Equal(frame.Hex("iv"), Nonce(counter));

            Assert.True(buffer.TryRead(out var payload));
            Assert.Equal(frame.Hex("plaintext"), receiver.Decrypt(payload).Span);
            VectorFile.Ran(File, $"transport/{direction}/{counter}");
        }
        Assert.False(buffer.TryRead(out _));
    }

    [Fact]
    public void Counters_far_away_give_the_published_ciphertexts()
    {
        foreach (var sample in Vectors.GetProperty("transport").GetProperty("ivSamples").EnumerateArray())
        {
            var counter = sample.GetProperty("counter").GetUInt32();
            NoiseTransport sender = Transport("clientToServer", counter), receiver = Transport("serverToClient", counter);
            var output = new ArrayBufferWriter<byte>();
            sender.EncryptFrame(sample.Hex("plaintext"), output);
            Assert.Equal(sample.Hex("ciphertext"), output.WrittenSpan[3..]);
            Assert.Equal(sample.Hex("iv"), Nonce(counter));
            Assert.Equal(sample.Hex("plaintext"), receiver.Decrypt(output.WrittenSpan[3..].ToArray()).Span);
            VectorFile.Ran(File, $"transport/ivSamples/{counter}");
        }
    }

    [Fact]
    public void The_certificate_chain_is_encoded_signed_and_accepted_as_published()
    {
        var leaf = AssertCertificate("leaf", "intermediate", Key("serverStatic"));
        var intermediate = AssertCertificate("intermediate", "root", Key("intermediate"));
        Assert.Equal(Chain, new CertificateChain(leaf, intermediate).Encode());
        Roots().Validate(Chain, Key("serverStatic").PublicKey);
        VectorFile.Ran(File, "certificate");
    }

    private static NoiseCertificate AssertCertificate(string name, string issuer, KeyPair subject)
    {
        var certificates = Vectors.GetProperty("certificate");
        var v = certificates.GetProperty(name);
        var details = new CertificateDetails(v.GetProperty("serial").GetUInt32(), v.GetProperty("issuerSerial").GetUInt32(), subject.PublicKey,
            certificates.GetProperty("notBefore").GetUInt64(), certificates.GetProperty("notAfter").GetUInt64());

        Assert.Equal(v.Hex("details"), details.Encode());
        var decoded = CertificateDetails.Decode(v.Hex("details"));
        Assert.Equal(details with { Key = decoded.Key }, decoded);
        Assert.Equal(details.Key, decoded.Key);
        Assert.Equal(v.Hex("signature"), XEdDsa.Sign(Key(issuer).PrivateKey, v.Hex("details"), v.Hex("xeddsaRandom")));
        return new NoiseCertificate(v.Hex("details"), v.Hex("signature"));
    }

    /// <summary>Protocol name, every step for writer and reader, and the two transport keys.</summary>
    private static void AssertKeySchedule(string pattern)
    {
        var v = Vectors.GetProperty(pattern);
        Assert.Equal(v.Hex("protocolName"), NameOf(pattern));
        SymmetricState writer = new(NameOf(pattern)), reader = new(NameOf(pattern));
        foreach (var step in v.GetProperty("steps").EnumerateArray())
        {
            Apply(step, writer, reader);
            AssertState(step.GetProperty("after"), writer);
            AssertState(step.GetProperty("after"), reader);
        }
        foreach (var (clientToServer, serverToClient) in new[] { writer.Split(), reader.Split() })
        {
            Assert.Equal(v.GetProperty("transportKeys").Hex("clientToServer"), clientToServer);
            Assert.Equal(v.GetProperty("transportKeys").Hex("serverToClient"), serverToClient);
        }
    }

    private static byte[] NameOf(string pattern) => pattern switch
    {
        "xx" => SymmetricState.Xx,
        "ik" => SymmetricState.Ik,
        _ => SymmetricState.XxFallback,
    };

    private static void Apply(JsonElement step, SymmetricState writer, SymmetricState reader)
    {
        switch (step.GetProperty("op").GetString())
        {
            case "init":
                break;
            case "mixHash":
                writer.MixHash(step.Hex("data"));
                reader.MixHash(step.Hex("data"));
                break;
            case "mixKey":
                var (mine, theirs) = step.GetProperty("what").GetString() switch
                {
                    "ee" => ("clientEphemeral", "serverEphemeral"),
                    "es" => ("clientEphemeral", "serverStatic"),
                    "se" => ("clientStatic", "serverEphemeral"),
                    _ => ("clientStatic", "serverStatic"),
                };
                Assert.Equal(step.Hex("dh"), Curve25519.Agree(Key(mine).PrivateKey, Key(theirs).PublicKey));
                writer.MixAgreement(Key(mine), Key(theirs).PublicKey);
                reader.MixAgreement(Key(theirs), Key(mine).PublicKey);
                break;
            case "encryptAndHash":
                Assert.Equal(step.Hex("ad"), writer.Hash);
                Assert.Equal(step.Hex("iv"), Nonce(writer.Counter));
                Assert.Equal(step.Hex("ciphertext"), writer.Encrypt(step.Hex("plaintext")));
                Assert.Equal(step.Hex("plaintext"), reader.Decrypt(step.Hex("ciphertext"), "vector"));
                break;
            default:
                Assert.Fail("unknown operation");
                break;
        }
    }

    private static JsonElement After(string pattern, int step) => Vectors.GetProperty(pattern).GetProperty("steps")[step].GetProperty("after");

    private static void AssertState(JsonElement expected, SymmetricState state)
    {
        Assert.Equal(expected.Hex("h"), state.Hash);
        Assert.Equal(expected.Hex("ck"), state.ChainingKey);
        Assert.Equal(expected.Hex("k"), state.Key);
        Assert.Equal(expected.GetProperty("n").GetUInt32(), state.Counter);
    }

    private static void AssertComplete(string pattern, ClientHandshake client, ServerHandshake server)
    {
        var last = After(pattern, Vectors.GetProperty(pattern).GetProperty("steps").GetArrayLength() - 1);
        Assert.Equal(last.Hex("h"), client.State.Hash);
        Assert.Equal(last.Hex("h"), server.State.Hash);
        Assert.True(server.IsComplete);
        Assert.Equal(Key("clientStatic").PublicKey, server.ClientStatic);
        Assert.Equal(Payload, server.ClientPayload);
        Assert.Equal(Key("serverStatic").PublicKey, client.ServerStatic);
        using NoiseTransport up = Transport("clientToServer", pattern: pattern), down = Transport("serverToClient", pattern: pattern);
        Assert.Equal(Encrypted(up, "up"), Encrypted(client.Transport, "up"));
        Assert.Equal(Encrypted(down, "down"), Encrypted(server.Transport, "down"));
    }

    private static byte[] Encrypted(NoiseTransport transport, string text)
    {
        var output = new ArrayBufferWriter<byte>();
        transport.EncryptFrame(Encoding.UTF8.GetBytes(text), output);
        return output.WrittenSpan.ToArray();
    }

    private static NoiseTransport Transport(string sending, ulong counter = 0, string pattern = "xx")
    {
        var keys = Vectors.GetProperty(pattern).GetProperty("transportKeys");
        return new NoiseTransport(keys.Hex(sending), keys.Hex(Opposite(sending)), counter, counter);
    }

    private static string Opposite(string direction) => direction == "clientToServer" ? "serverToClient" : "clientToServer";

    private static JsonElement[] Frames(string direction) => [.. Vectors.GetProperty("transport").GetProperty(direction).EnumerateArray()];

    private static byte[] Nonce(uint counter)
    {
        var nonce = new byte[12];
        SymmetricState.WriteNonce(nonce, counter);
        return nonce;
    }

    private static byte[] Wire(byte[] prologue, byte[] message)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(prologue);
        FrameBuffer.Write(message, output);
        return output.WrittenSpan.ToArray();
    }
}
