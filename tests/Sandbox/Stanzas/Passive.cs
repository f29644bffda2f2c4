using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// <c>&lt;iq type="set" xmlns="passive"&gt;&lt;active/&gt;|&lt;passive/&gt;&lt;/iq&gt;</c> (wire/01 §8.3): a device that logged in passive
/// gets its backlog with <c>active</c>.
/// </summary>
internal static class Passive
{
    public static Node Handle(SandboxServer server, DeviceSession session, Node iq)
    {
        var result = Answer.Result(iq);
        lock (session.Account.Gate)
        {
            if (iq.Child("passive") is not null)
            {
                session.Passive = true;
            }
            else if (session.Passive && session.Device.Session == session)
            {
                session.Passive = false;
                server.Log.Add(session.Device, ConnectionStepKind.Active);
                server.Postbox.SendBacklog(session);
            }
        }
        if (iq.Child("active") is not null)
            Bootstrap(session);
        return result;
    }

    /// <summary>The phone sends keys and history once, when a new device has its keys on the server (wire/01 §13.10).</summary>
    public static void Bootstrap(DeviceSession session)
    {
        lock (session.Account.Gate)
        {
            if (session.Device.IsPhone || session.Device.Bootstrapped || session.Device.Keys.Signed is null)
                return;
            session.Device.Bootstrapped = true;
        }
        session.Account.Owner?.CompanionReady(session.Device.Number);
    }
}
