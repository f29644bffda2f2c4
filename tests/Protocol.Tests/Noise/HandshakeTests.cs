using System.Buffers;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Protocol.Tests.Noise;

/// <summary>Client and server against each other, and against an attacker in between.</summary>
public class HandshakeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly KeyPair Root = KeyPair.Generate(), ServerKey = KeyPair.Generate(), ClientKey = KeyPair.Generate();
    private static readonly byte[] Chain = CertificateIssuer.Issue(Root, KeyPair.Generate(), ServerKey.PublicKey, Now.AddDays(-1), Now.AddYears(5));
    private static readonly byte[] Payload = Encoding.UTF8.GetBytes("client payload");

    private static ClientHandshake Client(byte dictionary = 3, byte[]? known = null, byte[]? root = null) =>
        new(ClientKey, KeyPair.Generate(), dictionary, Payload, new CertificateValidator(root ?? Root.PublicKey, new FakeTimeProvider(Now)), known);

    private static ServerHandshake Server(byte dictionary = 3, byte[]? chain = null) => new(ServerKey, KeyPair.Generate(), dictionary, chain ?? Chain);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Xx_connects(byte dictionary)
    {
        ClientHandshake client = Client(dictionary);
        ServerHandshake server = Server(dictionary);

        var finish = client.ReadServerHello(server.ReadClientHello(client.Start()));
        Assert.NotNull(finish);
        Assert.False(server.IsComplete);
        server.ReadClientFinish(finish);

        AssertConnected(client, server);
        Assert.False(client.FellBack || server.FellBack);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Ik_connects_in_one_round_trip(byte dictionary)
    {
        ClientHandshake client = Client(dictionary, ServerKey.PublicKey);
        ServerHandshake server = Server(dictionary);

        Assert.Null(client.ReadServerHello(server.ReadClientHello(client.Start())));

        AssertConnected(client, server);
        Assert.False(client.FellBack || server.FellBack);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Ik_with_an_old_server_key_falls_back_and_connects(byte dictionary)
    {
        ClientHandshake client = Client(dictionary, KeyPair.Generate().PublicKey);
        ServerHandshake server = Server(dictionary);

        var finish = client.ReadServerHello(server.ReadClientHello(client.Start()));
        Assert.NotNull(finish);
        server.ReadClientFinish(finish);

        AssertConnected(client, server);
        Assert.True(client.FellBack && server.FellBack);
    }

    [Fact]
    public void Ik_accepts_an_answer_with_an_empty_chain()
    {
        ClientHandshake client = Client(known: ServerKey.PublicKey);
        ServerHandshake server = Server(chain: []);
        Assert.Null(client.ReadServerHello(server.ReadClientHello(client.Start())));
        AssertConnected(client, server);
    }

    [Fact]
    public void Different_dictionary_versions_do_not_connect()
    {
        var client = Client(2);
        Assert.Throws<NoiseException>(() => client.ReadServerHello(Server(3).ReadClientHello(client.Start())));
    }

    [Fact]
    public void A_server_under_another_root_is_refused_by_xx_and_by_fallback()
    {
        foreach (var known in new[] { null, KeyPair.Generate().PublicKey })
        {
            var client = Client(known: known, root: KeyPair.Generate().PublicKey);
            var rejected = Assert.Throws<CertificateRejectedException>(() => client.ReadServerHello(Server().ReadClientHello(client.Start())));
            Assert.Equal(3, rejected.Rule);
            Assert.Throws<InvalidOperationException>(() => client.Transport);
            Assert.Throws<InvalidOperationException>(() => client.ServerStatic);
        }
    }

    [Fact]
    public void A_server_that_shows_anothers_chain_is_refused()
    {
        var client = Client();
        var impostor = new ServerHandshake(KeyPair.Generate(), KeyPair.Generate(), 3, Chain);
        Assert.Equal(6, Assert.Throws<CertificateRejectedException>(() => client.ReadServerHello(impostor.ReadClientHello(client.Start()))).Rule);
    }

    [Fact]
    public void No_changed_bit_of_a_server_hello_is_accepted() => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Bool).Sample((bit, ik) =>
    {
        var client = Client(known: ik ? ServerKey.PublicKey : null);
        var hello = Flip(Server().ReadClientHello(client.Start()), bit);
        Assert.ThrowsAny<NoiseException>(() => client.ReadServerHello(hello));
        Assert.Throws<InvalidOperationException>(() => client.Transport);
    }, iter: 200);

    [Fact]
    public void No_changed_bit_of_a_client_finish_is_accepted() => Gen.Int[0, int.MaxValue].Sample(bit =>
    {
        ClientHandshake client = Client();
        ServerHandshake server = Server();
        var finish = Flip(client.ReadServerHello(server.ReadClientHello(client.Start()))!, bit);
        Assert.ThrowsAny<NoiseException>(() => server.ReadClientFinish(finish));
        Assert.False(server.IsComplete);
    }, iter: 100);

    [Fact]
    public void A_changed_client_hello_never_connects_unless_by_the_authenticated_fallback() => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Bool).Sample((bit, ik) =>
    {
        ClientHandshake client = Client(known: ik ? ServerKey.PublicKey : null);
        ServerHandshake server = Server();
        try
        {
            server.ReadClientFinish(client.ReadServerHello(server.ReadClientHello(Flip(client.Start(), bit)))!);
        }
        catch (NoiseException)
        {
            Assert.False(server.IsComplete);
            return;
        }
        Assert.True(ik && client.FellBack && server.FellBack); // a broken encrypted static key looks like one made for another server
        AssertConnected(client, server);
    }, iter: 100);

    [Fact]
    public void Random_bytes_are_refused_with_a_noise_exception() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        var client = Client();
        client.Start();
        Assert.ThrowsAny<NoiseException>(() => client.ReadServerHello(bytes));
        Assert.ThrowsAny<NoiseException>(() => Server().ReadClientHello(bytes));
        var server = Server();
        server.ReadClientHello(Client().Start());
        Assert.ThrowsAny<NoiseException>(() => server.ReadClientFinish(bytes));
    }, iter: 300);

    [Fact]
    public void Unknown_fields_are_skipped()
    {
        ClientHandshake client = Client();
        ServerHandshake server = Server();
        // 4 useExtended = true, 9 pqMode = 1, 15 a string, 16 fixed64, 17 fixed32, inside and after the hello
        byte[] extra = [0x20, 0x01, 0x48, 0x01, 0x7A, 0x02, 0x61, 0x62, 0x81, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 0x8D, 0x01, 1, 2, 3, 4];
        var hello = client.Start();
        hello = [0x12, (byte)(hello[1] + extra.Length), .. hello.AsSpan(2), .. extra, .. extra.AsSpan(4, 4)];
        server.ReadClientFinish(client.ReadServerHello(server.ReadClientHello(hello))!);
        AssertConnected(client, server);
    }

    [Fact]
    public void Low_order_ephemeral_keys_are_refused()
    {
        var hello = HandshakeMessages.ClientHello(new HandshakePart(new byte[32], null, null));
        Assert.IsType<InvalidPublicKeyException>(Assert.Throws<NoiseException>(() => Server().ReadClientHello(hello)).InnerException);
        var client = Client();
        client.Start();
        var answer = HandshakeMessages.ServerHello(new HandshakePart(new byte[32], new byte[48], new byte[48]));
        Assert.IsType<InvalidPublicKeyException>(Assert.Throws<NoiseException>(() => client.ReadServerHello(answer)).InnerException);
    }

    [Fact]
    public void Keys_of_wrong_length_and_missing_parts_are_refused()
    {
        var key = KeyPair.Generate().PublicKey;
        Assert.Throws<NoiseException>(() => Server().ReadClientHello(HandshakeMessages.ClientHello(new HandshakePart(new byte[31], null, null))));
        Assert.Throws<NoiseException>(() => Server().ReadClientHello(HandshakeMessages.ClientHello(new HandshakePart(null, null, null))));
        foreach (var part in new HandshakePart[] { new(null, key, key), new(key, null, key), new(key, [], key), new(key, new byte[15], key) })
        {
            var client = Client();
            client.Start();
            Assert.Throws<NoiseException>(() => client.ReadServerHello(HandshakeMessages.ServerHello(part)));
        }
        Assert.Throws<ArgumentException>(() => Client(known: new byte[31]));
    }

    [Fact]
    public void Steps_out_of_order_are_refused()
    {
        ClientHandshake client = Client();
        Assert.Throws<NoiseException>(() => client.ReadServerHello([]));
        client = Client();
        client.Start();
        Assert.Throws<NoiseException>(() => client.Start());

        ServerHandshake server = Server();
        Assert.Throws<NoiseException>(() => server.ReadClientFinish([]));
        client = Client(known: ServerKey.PublicKey);
        server = Server();
        client.ReadServerHello(server.ReadClientHello(client.Start()));
        Assert.Throws<NoiseException>(() => client.ReadServerHello([]));
        Assert.Throws<InvalidOperationException>(() => Server().ClientPayload);
    }

    [Fact]
    public void Nothing_follows_a_failed_step()
    {
        var client = Client();
        var hello = Server().ReadClientHello(client.Start());
        Assert.ThrowsAny<NoiseException>(() => client.ReadServerHello(Flip(hello, 4000)));
        Assert.Throws<NoiseException>(() => client.ReadServerHello(hello));
    }

    /// <summary>Flips a bit of the keys and payloads, not of the protobuf frame round them: there a change may be without meaning.</summary>
    private static byte[] Flip(byte[] message, int bit)
    {
        var changed = message.ToArray();
        var offset = message[1] < 0x80 ? 4 : 5; // outer tag and length, tag and length of the first key
        var free = Enumerable.Range(offset, message.Length - offset).Where(i => !IsHeader(message, i)).ToArray();
        changed[free[bit / 8 % free.Length]] ^= (byte)(1 << (bit % 8));
        return changed;
    }

    private static bool IsHeader(byte[] message, int index)
    {
        var next = message[1] < 0x80 ? 2 : 3;
        while (next < message.Length)
        {
            var size = message[next + 1] < 0x80 ? 2 : 3;
            if (index >= next && index < next + size)
                return true;
            next += size + (size == 2 ? message[next + 1] : (message[next + 1] & 0x7F) | message[next + 2] << 7);
        }
        return false;
    }

    private static void AssertConnected(ClientHandshake client, ServerHandshake server)
    {
        Assert.True(server.IsComplete);
        Assert.Equal(ClientKey.PublicKey, server.ClientStatic);
        Assert.Equal(Payload, server.ClientPayload);
        Assert.Equal(ServerKey.PublicKey, client.ServerStatic);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("up", Passed(client.Transport, server.Transport, "up"));
            Assert.Equal("down", Passed(server.Transport, client.Transport, "down"));
        }
    }

    private static string Passed(NoiseTransport from, NoiseTransport to, string text)
    {
        var output = new ArrayBufferWriter<byte>();
        from.EncryptFrame(Encoding.UTF8.GetBytes(text), output);
        return Encoding.UTF8.GetString(to.Decrypt(output.WrittenSpan[3..].ToArray()).Span);
    }
}
