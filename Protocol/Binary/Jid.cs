using System.Globalization;

namespace WhatsApp.Protocol.Binary;

/// <summary>
/// A WhatsApp address: <c>user[:device]@server</c>. Device 0 is the phone and is never written.
/// </summary>
/// <remarks>Grammar and servers: wire/01-transport.md §12.</remarks>
public readonly record struct Jid
{
    /// <summary>Server of phone-number users ("PN").</summary>
    public const string PhoneServer = "s.whatsapp.net";
    /// <summary>Server of hidden-id users ("LID").</summary>
    public const string LidServer = "lid";
    /// <summary>Server of groups.</summary>
    public const string GroupServer = "g.us";
    /// <summary>Server of broadcast lists and of <c>status@broadcast</c>.</summary>
    public const string BroadcastServer = "broadcast";
    /// <summary>Server of channels.</summary>
    public const string NewsletterServer = "newsletter";
    /// <summary>Server of cloud-API devices addressed by phone number.</summary>
    public const string HostedServer = "hosted";
    /// <summary>Server of cloud-API devices addressed by LID.</summary>
    public const string HostedLidServer = "hosted.lid";
    /// <summary>Legacy alias of <see cref="PhoneServer"/> in stored data.</summary>
    public const string LegacyServer = "c.us";
    /// <summary>Server of Meta's bots.</summary>
    public const string BotServer = "bot";

    private readonly string? _user;
    private readonly string? _server;

    /// <summary>Makes an address from its parts.</summary>
    /// <param name="user">Empty for a bare server.</param>
    /// <param name="server">Not empty.</param>
    /// <param name="device">0 … 255; 0 is the phone.</param>
    /// <exception cref="ArgumentException">A part is outside its range.</exception>
    public Jid(string user, string server, int device = 0)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentException.ThrowIfNullOrEmpty(server);
        ArgumentOutOfRangeException.ThrowIfNegative(device);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(device, ushort.MaxValue);
        if (user.Contains('@', StringComparison.Ordinal) || server.Contains('@', StringComparison.Ordinal))
            throw new ArgumentException("a part of a JID must not contain '@'", nameof(user));
        _user = user;
        _server = server;
        Device = device;
    }

    /// <summary>The user part; empty for a bare server.</summary>
    public string User => _user ?? "";
    /// <summary>The server part; empty only for <c>default</c>.</summary>
    public string Server => _server ?? "";
    /// <summary>Device number; 0 is the phone.</summary>
    public int Device { get; }

    /// <summary>The server itself, <c>s.whatsapp.net</c>.</summary>
    public static Jid WhatsAppServer { get; } = new("", PhoneServer);
    /// <summary><c>status@broadcast</c>.</summary>
    public static Jid StatusBroadcast { get; } = new("status", BroadcastServer);

    /// <summary>True for <c>default(Jid)</c>.</summary>
    public bool IsEmpty => _server is null;
    /// <summary>Addressed by phone number.</summary>
    public bool IsPhone => Server is PhoneServer or HostedServer;
    /// <summary>Addressed by hidden id.</summary>
    public bool IsLid => Server is LidServer or HostedLidServer;
    /// <summary>A person or business: phone number or LID.</summary>
    public bool IsUser => User.Length > 0 && (IsPhone || IsLid);
    /// <summary>A group; the bare server of groups is none.</summary>
    public bool IsGroup => User.Length > 0 && Server == GroupServer;
    /// <summary>A device hosted by Meta (number 99 or a hosted server): has no ordinary pre-keys.</summary>
    public bool IsHosted => Server is HostedServer or HostedLidServer || (Device == 99 && IsUser);

    /// <summary>The account: same user and canonical server, no device.</summary>
    public Jid ToAccount() => Server switch
    {
        HostedServer or LegacyServer => new Jid(User, PhoneServer),
        HostedLidServer => new Jid(User, LidServer),
        _ => Device == 0 ? this : new Jid(User, Server),
    };

    /// <summary>Another device of the same user and server.</summary>
    public Jid WithDevice(int device) => new(User, Server, device);

    /// <summary>Same account, devices and hosted variants ignored. PN and LID of one person are different accounts here.</summary>
    public bool IsSameAccount(Jid other) => ToAccount() == other.ToAccount();

    /// <summary>Reads <c>user[:device]@server</c>, <c>user[_agent|.agent][:device]@server</c> or a bare server.</summary>
    /// <exception cref="FormatException">Not a JID.</exception>
    public static Jid Parse(string text) =>
        TryParse(text, out var jid) ? jid : throw new FormatException("not a JID");

    /// <summary>As <see cref="Parse"/>, without an exception. Null and empty text give false.</summary>
    public static bool TryParse(string? text, out Jid jid)
    {
        jid = default;
        if (string.IsNullOrEmpty(text))
            return false;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
        {
            jid = new Jid("", text);
            return true;
        }
        if (at == 0 || at == text.Length - 1 || text.IndexOf('@', at + 1) >= 0)
            return false;
        var user = text[..at];
        var server = text[(at + 1)..];
        var device = 0;
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            if (!int.TryParse(user.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out device) || device > ushort.MaxValue)
                return false;
            user = user[..colon];
        }
        if (server is PhoneServer or LidServer or HostedServer or HostedLidServer)
        {
            if (device > byte.MaxValue)
                return false;
            var agent = user.AsSpan().IndexOfAny('_', '.');
            if (agent >= 0 && byte.TryParse(user.AsSpan(agent + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                user = user[..agent];
        }
        if (user.Length == 0)
            return false;
        jid = new Jid(user, server, device);
        return true;
    }

    /// <summary>Text form; device 0 is left out, a bare server has no <c>@</c>.</summary>
    public override string ToString() =>
        User.Length == 0 ? Server
        : Device == 0 ? $"{User}@{Server}"
        : string.Create(CultureInfo.InvariantCulture, $"{User}:{Device}@{Server}");
}
