using System.Diagnostics.CodeAnalysis;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Noise;

/// <summary>
/// Server side (sandbox): XX, IK when the hello fits our static key, XXfallback otherwise (wire/01 §3.3-3.5).
/// After any exception the object is dead.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The transport is handed to the caller, who disposes it.")]
public sealed class ServerHandshake
{
    private enum Step { New, HelloSent, Done, Failed }

    private readonly KeyPair _static, _ephemeral;
    private readonly byte[] _header, _chain;
    private Step _step;
    private NoiseTransport? _transport;
    private byte[]? _clientStatic, _clientPayload;

    /// <param name="staticKey">The server's static key (the leaf certificate's key).</param>
    /// <param name="ephemeralKey">Fresh for this connection.</param>
    /// <param name="dictionaryVersion">The version the client announced.</param>
    /// <param name="certificateChain">Encoded CertChain.</param>
    public ServerHandshake(KeyPair staticKey, KeyPair ephemeralKey, byte dictionaryVersion, byte[] certificateChain)
    {
        (_static, _ephemeral, _chain) = (staticKey, ephemeralKey, certificateChain);
        _header = Prologue.Header(dictionaryVersion);
        State = new SymmetricState(SymmetricState.Xx);
    }

    /// <summary>Hash, keys and counter as they are now: for the vectors.</summary>
    internal SymmetricState State { get; private set; }

    /// <summary>True when transport, client key and payload are known.</summary>
    public bool IsComplete => _step == Step.Done;

    /// <summary>The client's noise public key, 32 bytes.</summary>
    /// <exception cref="InvalidOperationException">Not complete.</exception>
    public byte[] ClientStatic => _clientStatic ?? throw Incomplete();

    /// <summary>Decrypted ClientPayload bytes.</summary>
    /// <exception cref="InvalidOperationException">Not complete.</exception>
    public byte[] ClientPayload => _clientPayload ?? throw Incomplete();

    /// <summary>Ready when complete.</summary>
    /// <exception cref="InvalidOperationException">Not complete.</exception>
    public NoiseTransport Transport => _transport ?? throw Incomplete();

    /// <summary>True when the client began with IK and our static key was not the one it knew.</summary>
    public bool FellBack { get; private set; }

    /// <summary>Takes the client hello; returns the server hello to send. After IK <see cref="IsComplete"/> is true.</summary>
    /// <exception cref="NoiseException">Bad message, or called out of order; close the connection.</exception>
    public byte[] ReadClientHello(ReadOnlySpan<byte> message)
    {
        Enter(Step.New);
        var hello = HandshakeMessages.ReadClientHello(message);
        var ephemeral = hello.RequireEphemeral();
        if (hello is not { Static: { } encryptedStatic, Payload: { } encryptedPayload })
            return AnswerXx(SymmetricState.Xx, ephemeral);
        if (TryReadIk(ephemeral, encryptedStatic, out var clientStatic))
            return AnswerIk(ephemeral, clientStatic, encryptedPayload);
        FellBack = true;
        return AnswerXx(SymmetricState.XxFallback, ephemeral);
    }

    /// <summary>Takes the client finish (XX, XXfallback).</summary>
    /// <exception cref="NoiseException">Bad message, or called out of order; close the connection.</exception>
    public void ReadClientFinish(ReadOnlySpan<byte> message)
    {
        Enter(Step.HelloSent);
        var finish = HandshakeMessages.ReadClientFinish(message);
        var clientStatic = State.DecryptKey(finish.RequireStatic(), "client's static key");
        State.MixAgreement(_ephemeral, clientStatic);
        Complete(clientStatic, State.Decrypt(finish.RequirePayload(), "client's payload"));
    }

    private byte[] AnswerXx(byte[] protocolName, byte[] ephemeral)
    {
        Begin(protocolName);
        State.MixHash(ephemeral);
        State.MixHash(_ephemeral.PublicKey);
        State.MixAgreement(_ephemeral, ephemeral);
        var encryptedStatic = State.Encrypt(_static.PublicKey);
        State.MixAgreement(_static, ephemeral);
        var hello = new HandshakePart(_ephemeral.PublicKey, encryptedStatic, State.Encrypt(_chain));
        _step = Step.HelloSent;
        return HandshakeMessages.ServerHello(hello);
    }

    /// <summary>False when the hello was made for another static key.</summary>
    private bool TryReadIk(byte[] ephemeral, byte[] encryptedStatic, out byte[] clientStatic)
    {
        Begin(SymmetricState.Ik);
        State.MixHash(_static.PublicKey);
        State.MixHash(ephemeral);
        State.MixAgreement(_static, ephemeral);
        return State.TryDecrypt(encryptedStatic, out clientStatic);
    }

    private byte[] AnswerIk(byte[] ephemeral, byte[] clientStatic, byte[] encryptedPayload)
    {
        State.MixAgreement(_static, clientStatic);
        var payload = State.Decrypt(encryptedPayload, "client's payload");
        State.MixHash(_ephemeral.PublicKey);
        State.MixAgreement(_ephemeral, ephemeral);
        State.MixAgreement(_ephemeral, clientStatic);
        var hello = new HandshakePart(_ephemeral.PublicKey, null, State.Encrypt(_chain));
        Complete(clientStatic, payload);
        return HandshakeMessages.ServerHello(hello);
    }

    private void Begin(byte[] protocolName)
    {
        State.Wipe();
        State = new SymmetricState(protocolName);
        State.MixHash(_header);
    }

    private void Complete(byte[] clientStatic, byte[] payload)
    {
        (_clientStatic, _clientPayload) = (clientStatic, payload);
        var (clientToServer, serverToClient) = State.Split();
        _transport = new NoiseTransport(serverToClient, clientToServer);
        State.Wipe();
        _step = Step.Done;
    }

    private void Enter(Step expected)
    {
        if (_step != expected)
            throw new NoiseException("The handshake is not at this step.");
        _step = Step.Failed;
    }

    private static InvalidOperationException Incomplete() => new("The handshake is not complete.");
}
