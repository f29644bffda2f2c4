using System.Diagnostics.CodeAnalysis;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Noise;

/// <summary>
/// Client side of XX, IK and XXfallback (wire/01 §3.3-3.5). One object per connection; after any exception it is dead.
/// <code>
/// XX          → e          ← e, s, chain       → s, payload
/// IK          → e, s, payload                  ← e, chain
/// XXfallback  as XX from the server hello on, with the ephemeral of the IK hello
/// </code>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The transport is handed to the caller, who disposes it.")]
public sealed class ClientHandshake
{
    private enum Step { New, HelloSent, Done, Failed }

    private readonly KeyPair _static, _ephemeral;
    private readonly byte[] _header;
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly CertificateValidator _roots;
    private readonly byte[]? _knownServerStatic;
    private Step _step;
    private NoiseTransport? _transport;
    private byte[]? _serverStatic;

    /// <param name="staticKey">The client's long-lived noise key.</param>
    /// <param name="ephemeralKey">Fresh for this connection.</param>
    /// <param name="dictionaryVersion">Goes into the handshake hash.</param>
    /// <param name="clientPayload">Encoded ClientPayload, encrypted on the way.</param>
    /// <param name="roots">Trusted roots and the time to check validity at.</param>
    /// <param name="knownServerStatic">If given, starts with IK; falls back to XXfallback when the server says so.</param>
    /// <exception cref="ArgumentException">A known server key that is not 32 bytes.</exception>
    public ClientHandshake(KeyPair staticKey, KeyPair ephemeralKey, byte dictionaryVersion, ReadOnlyMemory<byte> clientPayload,
        CertificateValidator roots, byte[]? knownServerStatic = null)
    {
        if (knownServerStatic is not null and not { Length: Curve25519.KeySize })
            throw new ArgumentException("A server static key has 32 bytes.", nameof(knownServerStatic));
        (_static, _ephemeral, _payload, _roots, _knownServerStatic) = (staticKey, ephemeralKey, clientPayload, roots, knownServerStatic);
        _header = Prologue.Header(dictionaryVersion);
        State = new SymmetricState(knownServerStatic is null ? SymmetricState.Xx : SymmetricState.Ik);
    }

    /// <summary>Hash, keys and counter as they are now: for the vectors.</summary>
    internal SymmetricState State { get; private set; }

    /// <summary>Ready after <see cref="ReadServerHello"/>.</summary>
    /// <exception cref="InvalidOperationException">Not ready.</exception>
    public NoiseTransport Transport => _transport ?? throw new InvalidOperationException("The handshake is not complete.");

    /// <summary>The server's static key, 32 bytes: keep it for IK.</summary>
    /// <exception cref="InvalidOperationException">Not ready.</exception>
    public byte[] ServerStatic => _serverStatic ?? throw new InvalidOperationException("The handshake is not complete.");

    /// <summary>True when an IK start ended in XXfallback.</summary>
    public bool FellBack { get; private set; }

    /// <summary>First message (encoded HandshakeMessage, to be framed).</summary>
    /// <exception cref="NoiseException">Called twice, or the known server key is a low-order point.</exception>
    public byte[] Start()
    {
        Enter(Step.New);
        State.MixHash(_header);
        var hello = new HandshakePart(_ephemeral.PublicKey, null, null);
        if (_knownServerStatic is not null)
            State.MixHash(_knownServerStatic);
        State.MixHash(_ephemeral.PublicKey);
        if (_knownServerStatic is not null)
        {
            State.MixAgreement(_ephemeral, _knownServerStatic);
            var encryptedStatic = State.Encrypt(_static.PublicKey);
            State.MixAgreement(_static, _knownServerStatic);
            hello = hello with { Static = encryptedStatic, Payload = State.Encrypt(_payload.Span) };
        }
        _step = Step.HelloSent;
        return HandshakeMessages.ClientHello(hello);
    }

    /// <summary>Takes the server hello. Returns the client finish to send (XX, XXfallback) or null (IK); then <see cref="Transport"/> is ready.</summary>
    /// <exception cref="NoiseException">Bad message or certificate; the connection must be closed.</exception>
    public byte[]? ReadServerHello(ReadOnlySpan<byte> message)
    {
        Enter(Step.HelloSent);
        var hello = HandshakeMessages.ReadServerHello(message);
        var ephemeral = hello.RequireEphemeral();
        byte[]? finish = null;
        if (_knownServerStatic is null)
            finish = FinishXx(hello, ephemeral);
        else if (hello.Static is null)
            FinishIk(hello, ephemeral, _knownServerStatic);
        else
            finish = FallBack(hello, ephemeral);

        var (clientToServer, serverToClient) = State.Split();
        _transport = new NoiseTransport(clientToServer, serverToClient);
        State.Wipe();
        _step = Step.Done;
        return finish;
    }

    private byte[] FallBack(HandshakePart hello, byte[] ephemeral)
    {
        State.Wipe();
        State = new SymmetricState(SymmetricState.XxFallback);
        State.MixHash(_header);
        State.MixHash(_ephemeral.PublicKey);
        FellBack = true;
        return FinishXx(hello, ephemeral);
    }

    private byte[] FinishXx(HandshakePart hello, byte[] ephemeral)
    {
        State.MixHash(ephemeral);
        State.MixAgreement(_ephemeral, ephemeral);
        var serverStatic = State.DecryptKey(hello.RequireStatic(), "server's static key");
        State.MixAgreement(_ephemeral, serverStatic);
        var chain = State.Decrypt(hello.RequirePayload(), "server's certificate chain");
        _roots.Validate(chain, serverStatic);
        _serverStatic = serverStatic;

        var encryptedStatic = State.Encrypt(_static.PublicKey);
        State.MixAgreement(_static, ephemeral);
        return HandshakeMessages.ClientFinish(new HandshakePart(null, encryptedStatic, State.Encrypt(_payload.Span)));
    }

    /// <summary>The chain must open, and is not looked at: the key was certified on the connection that gave it to us.</summary>
    private void FinishIk(HandshakePart hello, byte[] ephemeral, byte[] serverStatic)
    {
        State.MixHash(ephemeral);
        State.MixAgreement(_ephemeral, ephemeral);
        State.MixAgreement(_static, ephemeral);
        State.Decrypt(hello.RequirePayload(), "server's certificate chain");
        _serverStatic = serverStatic;
    }

    private void Enter(Step expected)
    {
        if (_step != expected)
            throw new NoiseException("The handshake is not at this step.");
        _step = Step.Failed;
    }
}
