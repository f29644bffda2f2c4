namespace WhatsApp.Grains.Storage;

/// <summary>The text filter of instance lists: folded by us, because databases disagree about letters beyond ASCII. Pure.</summary>
internal static class InstanceSearch
{
    /// <summary>What the filter looks in.</summary>
    public static string Text(string instanceId, string? pushName = null, string? jid = null, string? lid = null) =>
        $"{instanceId} {pushName} {jid} {lid}".ToLowerInvariant();

    /// <summary>The filter as a LIKE pattern with <c>\</c> as its escape.</summary>
    public static string Pattern(string text) =>
        $"%{text.ToLowerInvariant().Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_")}%";
}
