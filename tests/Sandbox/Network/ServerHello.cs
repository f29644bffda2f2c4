using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Sandbox.Network;

/// <summary>
/// Server side of a connection from its first byte to the end of the handshake, whatever the split of the bytes
/// (wire/01 §2.3: prologue → client hello → client finish). Bytes that come early stay for the next step.
/// </summary>
internal sealed class ServerHello(ServerKeys keys)
{
    /// <summary>ED prefix of the longest routing info a client has been given, with room to spare.</summary>
    private const int MaxPrologue = 4096;
    private byte[] _start = [];
    private ServerHandshake? _handshake;
    private bool _helloSent;

    public FrameBuffer Frames { get; } = new(MaxFrame);
    /// <summary>Own receive limit, bytes: a stanza with an upload of 812 pre-keys is under 100 KB.</summary>
    public const int MaxFrame = 4 * 1024 * 1024;
    public TokenDictionary Dictionary { get; private set; } = TokenDictionary.Version3;
    /// <summary>Set once <see cref="Advance"/> returned true.</summary>
    public ServerHandshake? Completed { get; private set; }

    /// <summary>Takes received bytes.</summary>
    /// <exception cref="NoiseException">Not a WhatsApp client.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_handshake is not null)
        {
            Frames.Append(bytes);
            return;
        }
        _start = [.. _start, .. bytes];
        if (!Prologue.TryRead(_start, out var version, out _, out var consumed))
        {
            if (_start.Length > MaxPrologue)
                throw new NoiseException("the prologue does not end");
            return;
        }
        Dictionary = version switch
        {
            3 => TokenDictionary.Version3,
            2 => TokenDictionary.Version2,
            _ => throw new NoiseException("unknown dictionary version"),
        };
        _handshake = new ServerHandshake(keys.Static, KeyPair.Generate(), version, keys.Chain);
        Frames.Append(_start.AsSpan(consumed));
        _start = [];
    }

    /// <summary>Does one step if a whole frame is there.</summary>
    /// <param name="answer">Bytes to send, unframed; null = nothing.</param>
    /// <returns>True when a step was done.</returns>
    /// <exception cref="NoiseException">The message does not fit.</exception>
    public bool Advance(out byte[]? answer)
    {
        answer = null;
        if (_handshake is null || Completed is not null || !Frames.TryRead(out var message))
            return false;
        if (!_helloSent)
        {
            answer = _handshake.ReadClientHello(message.Span);
            _helloSent = true;
        }
        else
        {
            _handshake.ReadClientFinish(message.Span);
        }
        if (_handshake.IsComplete)
            Completed = _handshake;
        return true;
    }
}
