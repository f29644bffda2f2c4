namespace WhatsApp.Grains.Storage;

/// <summary>Bound of the dead letters.</summary>
internal static class DeadLetters
{
    /// <summary>Kept of each endpoint; older ones go.</summary>
    public const long Kept = 1000;
}
