using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>The chain we send on. Immutable.</summary>
/// <param name="Ratchet">Our current ratchet pair.</param>
/// <param name="ChainKey">32 bytes.</param>
/// <param name="Next">Counter of the next message.</param>
internal sealed record SendingChain(KeyPair Ratchet, byte[] ChainKey, uint Next)
{
    /// <summary>What <c>previousCounter</c> says after this chain was replaced: messages sent − 1, at least 0.</summary>
    public uint LastCounter => Next == 0 ? 0 : Next - 1;

    /// <summary>The chain after one message; writes that message's seed.</summary>
    public SendingChain Step(Span<byte> seed)
    {
        RatchetKeys.MessageSeed(ChainKey, seed);
        var chainKey = ChainKey.ToArray();
        RatchetKeys.NextChain(chainKey);
        return this with { ChainKey = chainKey, Next = Next + 1 };
    }
}

/// <summary>A chain the peer sends on. Immutable.</summary>
/// <param name="RatchetKey">The peer's ratchet key, raw 32 bytes.</param>
/// <param name="Messages">Its messages' keys.</param>
internal sealed record ReceivingChain(byte[] RatchetKey, MessageChain Messages);
