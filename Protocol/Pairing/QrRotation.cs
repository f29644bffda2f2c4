namespace WhatsApp.Protocol.Pairing;

/// <summary>One QR of a round.</summary>
/// <param name="Reference">The server's ref.</param>
/// <param name="Attempt">1 … <paramref name="MaxAttempts"/>.</param>
/// <param name="MaxAttempts">Refs in this round.</param>
/// <param name="Lifetime">How long it is shown.</param>
public sealed record QrTurn(string Reference, int Attempt, int MaxAttempts, TimeSpan Lifetime);

/// <summary>How long each ref of a pair-device is shown: of six, the first 60 s and the others 20 s; of any other number 20 s each (wire/01 §6.1).</summary>
public static class QrRotation
{
    private const int UsualCount = 6;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Other = TimeSpan.FromSeconds(20);

    /// <summary>The turns in order; when the last one ends, the attempt to link ends.</summary>
    public static IReadOnlyList<QrTurn> Of(IReadOnlyList<string> references) =>
        [.. references.Select((reference, i) => new QrTurn(reference, i + 1, references.Count, i == 0 && references.Count == UsualCount ? First : Other))];
}
