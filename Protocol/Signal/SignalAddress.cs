using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Signal;

/// <summary>Where a session lives: user, canonical server (hosted → s.whatsapp.net, hosted.lid → lid), device (wire/03 §8).</summary>
public readonly record struct SignalAddress(string User, string Server, int Device)
{
    /// <summary>The address of a device JID.</summary>
    public static SignalAddress Of(Jid jid)
    {
        var account = jid.ToAccount();
        return new(account.User, account.Server, jid.Device);
    }

    /// <summary>The JID of this address.</summary>
    public Jid ToJid() => new(User, Server, Device);

    /// <inheritdoc/>
    public override string ToString() => ToJid().ToString();
}
