using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Groups;
using WhatsApp.Sandbox.Media;
using WhatsApp.Sandbox.Network;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox;

/// <summary>The server's parts, put together. Holds no behaviour of its own.</summary>
internal sealed class SandboxServer
{
    public SandboxServer(SandboxOptions options, ServerKeys keys)
    {
        Options = options;
        Keys = keys;
        Stats = new SandboxStats();
        Log = new ConnectionLog();
        Faults = new FaultRegistry(Stats);
        Accounts = new AccountDirectory(options.Time);
        Connections = new ConnectionRegistry(Stats);
        Media = new MediaShelf();
        Postbox = new Postbox(this);
        Notifications = new Notifications(this);
        PreKeys = new PreKeyStanzas(this);
        Pairing = new Pairing(this);
        Groups = new GroupDirectory(this);
        Relay = new Relay(this);
        Receipts = new Receipts(this);
        Presence = new Presence(this);
        Logout = new Logout(this);
        Router = new StanzaRouter(this);
    }

    public SandboxOptions Options { get; }
    public ServerKeys Keys { get; }
    public SandboxStats Stats { get; }
    public ConnectionLog Log { get; }
    public FaultRegistry Faults { get; }
    public AccountDirectory Accounts { get; }
    public ConnectionRegistry Connections { get; }
    public MediaShelf Media { get; }
    public Postbox Postbox { get; }
    public Notifications Notifications { get; }
    public PreKeyStanzas PreKeys { get; }
    public Pairing Pairing { get; }
    public GroupDirectory Groups { get; }
    public Relay Relay { get; }
    public Receipts Receipts { get; }
    public Presence Presence { get; }
    public Logout Logout { get; }
    public StanzaRouter Router { get; }

    /// <summary>host:port of the two media hosts, primary first, told to clients by media_conn. Set when the ports are known.</summary>
    public IReadOnlyList<string> MediaHosts { get; set; } = [];

    /// <summary>Which media host listens on this port; null = none.</summary>
    public int? MediaHostOf(int port)
    {
        for (var host = 0; host < MediaHosts.Count; host++)
            if (MediaHosts[host].EndsWith(":" + port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal))
                return host;
        return null;
    }

    /// <summary>Unix seconds now.</summary>
    public long Now => Options.Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Unix seconds now, as an attribute.</summary>
    public string NowText => Now.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
