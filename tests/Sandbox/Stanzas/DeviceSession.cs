using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>The way to a client: a socket, or a virtual phone in this process. Never blocks.</summary>
internal interface IStanzaLink
{
    /// <summary>Queues a stanza for the client; after a close it is dropped.</summary>
    void Send(Node stanza);

    /// <summary>Sends a last stanza, leaves time to read it and closes.</summary>
    void Close(Node? lastWord);

    /// <summary>Cuts the connection without a word.</summary>
    void Cut();
}

/// <summary>One login of one device.</summary>
internal sealed class DeviceSession(Device device, IStanzaLink link)
{
    public Device Device { get; } = device;
    public Account Account => Device.Account;
    public IStanzaLink Link { get; } = link;

    /// <summary>Logged in with passive=true and not active yet: everything waits. Guarded by the account's gate.</summary>
    public bool Passive { get; set; }
    /// <summary>Said presence available. Guarded by the account's gate.</summary>
    public bool Available { get; set; }
    /// <summary>Accounts whose presence it asked for. Guarded by the account's gate.</summary>
    public HashSet<Account> Subscriptions { get; } = [];
}
