namespace WhatsApp.Protocol.Binary;

/// <summary>The tag bytes that are not tokens.</summary>
/// <remarks>wire/02-binary-node.md §2.</remarks>
internal static class WireTag
{
    public const byte ListEmpty = 0;
    public const byte InteropJid = 245;
    public const byte FacebookJid = 246;
    public const byte AdJid = 247;
    public const byte List8 = 248;
    public const byte List16 = 249;
    public const byte JidPair = 250;
    public const byte Hex8 = 251;
    public const byte Binary8 = 252;
    public const byte Binary20 = 253;
    public const byte Binary32 = 254;
    public const byte Nibble8 = 255;

    public const string FacebookServer = "msgr";
    public const string InteropServer = "interop";

    /// <summary>The domain byte of an AD_JID for a server; null when the server has none (§5).</summary>
    public static byte? AdDomainOf(ReadOnlySpan<char> server) => server switch
    {
        Jid.PhoneServer => 0,
        Jid.LidServer => 1,
        Jid.HostedServer => 128,
        Jid.HostedLidServer => 129,
        _ => null,
    };

    /// <summary>The server an AD_JID's domain byte stands for (§5).</summary>
    public static string AdServerOf(byte domain) => domain switch
    {
        1 => Jid.LidServer,
        129 => Jid.HostedLidServer,
        _ when (domain & 0x81) == 0x80 => Jid.HostedServer,
        _ => Jid.PhoneServer,
    };
}
