namespace WhatsApp.Protocol.Signal;

/// <summary>What one peer can make us compute and keep (wire/03 §5, "Limits").</summary>
internal static class SignalLimits
{
    /// <summary>Messages a chain may be ahead of the last one seen.</summary>
    public const uint ForwardJump = 25_000;

    /// <summary>
    /// Chain steps one incoming message may cost over all states it is tried with. Two full jumps: without it, a message
    /// with a new ratchet key and a large counter would cost a full jump in each of 41 states.
    /// </summary>
    public const uint ChainStepsPerMessage = 2 * (ForwardJump + 1);

    /// <summary>Keys of skipped messages kept for a chain; the oldest go first.</summary>
    public const int SkippedKeysPerChain = 2_000;

    /// <summary>Receiving chains of a state; the oldest goes first.</summary>
    public const int ReceivingChains = 5;

    /// <summary>Archived states of an address; the oldest goes first.</summary>
    public const int ArchivedStates = 40;

    /// <summary>
    /// Keys of skipped messages kept in all archived states together, one full state's worth. Older states lose theirs first:
    /// a record stays under 1 MB whatever the peer does.
    /// </summary>
    public const int SkippedKeysInArchive = ReceivingChains * SkippedKeysPerChain;

    /// <summary>Sender keys kept of one sender in one group; the oldest goes first (wire/03 §5).</summary>
    public const int SenderKeyStates = 5;
}
