using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging.Trust;

/// <summary>How long trusted-contact tokens hold (wire/04 §4): time is cut into weeks, a token of the last four is good, one is given each week. Pure.</summary>
internal static class TrustWindow
{
    private const long Week = 604_800;
    private const int Weeks = 4;

    /// <summary>True while the token may be shown.</summary>
    /// <param name="tokenAt">Seconds since the Unix epoch.</param>
    /// <param name="now">Seconds since the Unix epoch.</param>
    public static bool Holds(long tokenAt, long now) => tokenAt / Week > (now / Week) - Weeks;

    /// <summary>True when it is time to give one.</summary>
    /// <param name="issuedAt">When we last did; null = never.</param>
    /// <param name="now">Seconds since the Unix epoch.</param>
    public static bool IsDue(long? issuedAt, long now) => issuedAt is not { } last || now / Week > last / Week;

    /// <summary>Persons, not bots and not WhatsApp's own announcements: those get no token (wire/04 §1).</summary>
    public static bool Takes(Jid account) => account.IsUser && account.User != "0" && !IsBotNumber(account);

    private static bool IsBotNumber(Jid account) => account.IsPhone && account.User.All(char.IsAsciiDigit)
        && (account.User is { Length: 11 } && (account.User.StartsWith("1313555", StringComparison.Ordinal) || account.User.StartsWith("131655500", StringComparison.Ordinal)));
}
