namespace WhatsApp.Protocol.Signal;

/// <summary>
/// A chain of message keys followed as messages come, in any order: of a peer's ratchet key (wire/03 §5) or of a sender key (§7). Immutable.
/// </summary>
/// <param name="ChainKey">32 bytes.</param>
/// <param name="Next">Counter of the next message in order.</param>
/// <param name="Skipped">Keys of earlier messages that have not come.</param>
internal sealed record MessageChain(byte[] ChainKey, uint Next, SkippedKeys Skipped)
{
    /// <summary>
    /// True when the chain may be followed to this counter. Asked before anything is derived. The last counter of all is refused,
    /// since nothing could follow it.
    /// </summary>
    public static bool IsWithinReach(uint next, uint counter) => counter < next || (counter - next <= SignalLimits.ForwardJump && counter != uint.MaxValue);

    /// <summary>Writes the seed of a message's key and gives the chain without it.</summary>
    /// <param name="counter">The message.</param>
    /// <param name="seed">32 bytes.</param>
    /// <param name="steps">Chain steps this message may still cost; lowered.</param>
    /// <param name="after">The chain to keep if the message proves genuine.</param>
    public Refusal Take(uint counter, Span<byte> seed, ref uint steps, out MessageChain after)
    {
        after = this;
        if (counter < Next)
            return TakeSkipped(counter, seed, ref after);
        if (!IsWithinReach(Next, counter))
            return Refusal.TooFar;
        var jump = counter - Next;
        if (jump >= steps)
            return Refusal.TooFar;
        steps -= jump + 1;
        after = Follow(counter, seed);
        return Refusal.None;
    }

    private Refusal TakeSkipped(uint counter, Span<byte> seed, ref MessageChain after)
    {
        var index = Skipped.Find(counter);
        if (index < 0)
            return Refusal.Duplicate;
        Skipped.Seed(index).CopyTo(seed);
        after = this with { Skipped = Skipped.Without(index) };
        return Refusal.None;
    }

    private MessageChain Follow(uint counter, Span<byte> seed)
    {
        var chainKey = ChainKey.ToArray();
        var skipped = Skipped;
        if (counter > Next)
        {
            var added = (int)Math.Min(counter - Next, SignalLimits.SkippedKeysPerChain);
            var entries = skipped.Extend(added);
            var place = entries.AsSpan(entries.Length - (added * SkippedKeys.EntrySize));
            for (var passed = Next; passed < counter; passed++)
            {
                if (counter - passed <= (uint)added)
                {
                    SkippedKeys.WriteCounter(place, passed);
                    RatchetKeys.MessageSeed(chainKey, place[4..SkippedKeys.EntrySize]);
                    place = place[SkippedKeys.EntrySize..];
                }
                RatchetKeys.NextChain(chainKey);
            }
            skipped = new(entries);
        }
        RatchetKeys.MessageSeed(chainKey, seed);
        RatchetKeys.NextChain(chainKey);
        return this with { ChainKey = chainKey, Next = counter + 1, Skipped = skipped };
    }
}
